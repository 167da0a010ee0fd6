// The memory that page tables lie in: the machine's own, or a guest's, which lies somewhere in it.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "common/types.h"
#include "memory/storage.h"

namespace kilburn::trace_os {

/// Guest-physical frames and where their bytes are.
class GuestFrames {
 public:
  virtual ~GuestFrames() = default;
  /// Guest-physical addresses [first, first + bytes) exist.
  [[nodiscard]] virtual bool contains(Address first, std::uint64_t bytes) const = 0;
  /// The bytes of a frame, which the host maps if it is not mapped yet.
  [[nodiscard]] virtual std::byte* bytes(PageNumber frame) = 0;
};

/// A view, as cheap to copy as a pointer.
class TableMemory {
 public:
  TableMemory(memory::Storage& storage) : storage_(&storage) {}  // NOLINT: one is as the other
  explicit TableMemory(GuestFrames& guest) : guest_(&guest) {}

  [[nodiscard]] bool contains(Address first, std::uint64_t bytes) const {
    return guest_ != nullptr ? guest_->contains(first, bytes) : storage_->contains(first, bytes);
  }
  /// The bytes of a frame that exists.
  [[nodiscard]] std::byte* frame(PageNumber frame) const {
    std::byte* const bytes =
        guest_ != nullptr ? guest_->bytes(frame) : storage_->host(frame << page_shift, page_bytes);
    assert(bytes != nullptr && "tables lie in the arena, and the arena in memory");
    return bytes;
  }
  [[nodiscard]] std::uint64_t read64(Address address) const {
    std::uint64_t value = 0;
    std::memcpy(&value, frame(address >> page_shift) + address % page_bytes, sizeof value);
    return value;
  }
  void write64(Address address, std::uint64_t value) const {
    std::memcpy(frame(address >> page_shift) + address % page_bytes, &value, sizeof value);
  }

 private:
  memory::Storage* storage_ = nullptr;
  GuestFrames* guest_ = nullptr;
};

}  // namespace kilburn::trace_os
