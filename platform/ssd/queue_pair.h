// A submission queue and its completion queue, as a driver sees them.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>

#include "kilburn/nvme.h"
#include "platform/ssd/host_memory.h"

namespace kilburn::ssd {

/// The dwords of a command.
using Command = std::array<std::uint32_t, NVME_SQE_BYTES / 4>;

/// How a command ended.
struct CommandEnd {
  std::uint16_t id = 0;      ///< of the command
  std::uint16_t status = 0;  ///< type << 8 | code
  std::uint32_t result = 0;  ///< dword 0
};

/// Source: NVM Express Base Specification 1.4, chapter 4.
class QueuePair {
 public:
  QueuePair(HostMemory& memory, std::uint16_t id, std::uint32_t entries)
      : id_(id),
        entries_(entries),
        submissions_(memory.allocate_contiguous(std::uint64_t{entries} * NVME_SQE_BYTES)),
        completions_(memory.allocate_contiguous(std::uint64_t{entries} * NVME_CQE_BYTES)),
        commands_(memory.at(submissions_)),
        ends_(memory.at(completions_)) {}

  [[nodiscard]] std::uint16_t id() const { return id_; }
  [[nodiscard]] std::uint32_t entries() const { return entries_; }
  [[nodiscard]] IoVirtualAddress submissions() const { return submissions_; }
  [[nodiscard]] IoVirtualAddress completions() const { return completions_; }
  [[nodiscard]] std::uint32_t tail() const { return tail_; }
  [[nodiscard]] std::uint32_t head() const { return head_; }

  /// The caller sees to it that fewer than `entries - 1` are under way.
  void put(const Command& command) {
    std::memcpy(commands_ + std::size_t{tail_} * NVME_SQE_BYTES, command.data(), NVME_SQE_BYTES);
    tail_ = tail_ + 1 == entries_ ? 0 : tail_ + 1;
  }
  /// Takes one completion, where there is one.
  [[nodiscard]] bool take(CommandEnd& end) {
    std::array<std::uint32_t, NVME_CQE_BYTES / 4> entry{};
    std::memcpy(entry.data(), ends_ + std::size_t{head_} * NVME_CQE_BYTES, NVME_CQE_BYTES);
    if ((entry[3] >> 16 & 1) != phase_) return false;
    if (++head_ == entries_) {
      head_ = 0;
      phase_ ^= 1;
    }
    end = {.id = static_cast<std::uint16_t>(entry[3]),
           .status = static_cast<std::uint16_t>(entry[3] >> 17 & NVME_STATUS_MASK),
           .result = entry[0]};
    return true;
  }

 private:
  std::uint16_t id_;
  std::uint32_t entries_;
  IoVirtualAddress submissions_;
  IoVirtualAddress completions_;
  std::byte* commands_;
  const std::byte* ends_;
  std::uint32_t tail_ = 0;
  std::uint32_t head_ = 0;
  std::uint32_t phase_ = 1;
};

}  // namespace kilburn::ssd
