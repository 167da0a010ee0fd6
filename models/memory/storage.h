// Functional contents of DRAM: a flat range of simulated physical memory.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "common/memory_port.h"
#include "common/parameters.h"
#include "common/types.h"

namespace kilburn::memory {

static_assert(std::endian::native == std::endian::little,
              "Storage keeps RISC-V's little-endian words as the host's own");

struct StorageConfig {
  Address base = 0x8000'0000;
  std::uint64_t bytes = std::uint64_t{4} << 30;

  void visit(ParameterVisitor& v);
};

enum class Backing : std::uint8_t {
  anonymous,
  file,  ///< of memory: copies on write can be made
};

/// Bytes [base, base + bytes), zero until written. Host memory is taken page by page as it is
/// touched, so 16 GiB of which little is used cost little. No time: Dram has that. An address
/// outside is reported by the return value, for the bus to answer with an error.
class Storage {
 public:
  /// Throws InputError naming memory.bytes where the host cannot map that much.
  explicit Storage(const StorageConfig& config, Backing backing = Backing::anonymous);
  /// A copy on write: pages are shared with `original` until this one writes them. `original` has a
  /// file behind it, and must not be written as long as there are copies.
  Storage(const Storage& original);
  ~Storage();
  Storage& operator=(const Storage&) = delete;
  Storage(Storage&&) = delete;
  Storage& operator=(Storage&&) = delete;

  [[nodiscard]] Address base() const { return base_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  [[nodiscard]] bool contains(Address address, std::uint64_t length) const {
    return length <= bytes_ && address - base_ <= bytes_ - length;
  }

  /// Copies out `destination.size()` bytes; false, and nothing copied, where one lies outside.
  [[nodiscard]] bool read(Address address, std::span<std::byte> destination) const {
    const std::byte* from = host(address, destination.size());
    if (from == nullptr) return false;
    if (!destination.empty()) std::memcpy(destination.data(), from, destination.size());
    return true;
  }
  [[nodiscard]] bool write(Address address, std::span<const std::byte> source) {
    std::byte* to = host(address, source.size());
    if (to == nullptr) return false;
    if (!source.empty()) std::memcpy(to, source.data(), source.size());
    return true;
  }

  /// Any alignment; empty where a byte lies outside.
  [[nodiscard]] std::optional<std::uint64_t> read64(Address address) const {
    if (!contains(address, sizeof(std::uint64_t))) return std::nullopt;
    std::uint64_t value = 0;
    std::memcpy(&value, data_ + (address - base_), sizeof value);
    return value;
  }
  [[nodiscard]] bool write64(Address address, std::uint64_t value) {
    if (!contains(address, sizeof value)) return false;
    std::memcpy(data_ + (address - base_), &value, sizeof value);
    return true;
  }
  /// Writes `desired` where memory holds `expected`; returns what it held before. Atomic between
  /// simulated initiators, which run on one host thread; not between host threads.
  std::optional<std::uint64_t> compare_exchange(Address address, std::uint64_t expected,
                                                std::uint64_t desired);

  /// Host pointer to `length` bytes, for direct memory access; null where one lies outside.
  [[nodiscard]] std::byte* host(Address address, std::uint64_t length) {
    return contains(address, length) ? data_ + (address - base_) : nullptr;
  }
  [[nodiscard]] const std::byte* host(Address address, std::uint64_t length) const {
    return contains(address, length) ? data_ + (address - base_) : nullptr;
  }

 private:
  void map(int flags, int file);
  [[noreturn]] void throw_unmappable();

  Address base_;
  std::uint64_t bytes_;
  int file_ = -1;
  std::byte* data_ = nullptr;
};

/// A Storage that answers every request after the same number of cycles: no banks, no contention.
class StoragePort final : public MemoryPort {
 public:
  StoragePort(Storage& storage, Cycles latency) : storage_(&storage), latency_(latency) {}

  MemoryReply read(Address address, Cycles now) override;
  LineReply read_line(Address address, Cycles now) override;
  MemoryReply write(Address address, std::uint64_t value, Cycles now) override;
  MemoryReply compare_exchange(Address address, std::uint64_t expected, std::uint64_t desired,
                               Cycles now) override;

 private:
  Storage* storage_;
  Cycles latency_;
};

}  // namespace kilburn::memory
