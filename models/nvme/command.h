// A command that the controller has fetched, until its completion has left.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "nvme/prp.h"

namespace kilburn::nvme {

/// The 64 bytes, by dword.
struct Entry {
  std::array<std::uint32_t, 16> dwords{};

  [[nodiscard]] std::uint8_t opcode() const { return static_cast<std::uint8_t>(dwords[0]); }
  [[nodiscard]] std::uint16_t id() const {
    return static_cast<std::uint16_t>(dwords[0] >> NVME_CID_SHIFT);
  }
  [[nodiscard]] unsigned fuse() const { return dwords[0] >> NVME_FUSE_SHIFT & 3; }
  [[nodiscard]] unsigned psdt() const { return dwords[0] >> NVME_PSDT_SHIFT & 3; }
  [[nodiscard]] std::uint32_t nsid() const { return dwords[NVME_DW_NSID]; }
  [[nodiscard]] std::uint64_t prp1() const { return wide(NVME_DW_PRP1); }
  [[nodiscard]] std::uint64_t prp2() const { return wide(NVME_DW_PRP2); }
  /// Dword `i`, and with the one above it.
  [[nodiscard]] std::uint32_t dw(unsigned i) const { return dwords[i]; }
  [[nodiscard]] std::uint64_t wide(unsigned i) const {
    return std::uint64_t{dwords[i + 1]} << 32 | dwords[i];
  }
};

struct Command {
  Entry entry{};
  QueueId queue = 0;
  std::uint32_t generation = 0;  ///< of the slot: what comes late for an earlier one is nobody's
  bool in_use = false;
  bool ending = false;          ///< its completion is on its way
  Status abort = NVME_SUCCESS;  ///< it is to end with this as soon as it can
  Status status = NVME_SUCCESS;
  std::uint32_t result = 0;  ///< dword 0 of the completion
  std::uint64_t lba = 0;     ///< of an error, where it has one
  Nanoseconds fetched = 0;
  Nanoseconds data_until = 0;    ///< when the last of its data has reached the host
  std::uint32_t media_left = 0;  ///< requests that have not ended
  unsigned block_shift = 0;      ///< of its namespace: log2 of the sectors of a block
  bool checks = false;           ///< the media is asked whether all of it holds something
  std::uint32_t cursor = 0;      ///< piece that `cursor_offset` is the first byte of
  std::uint64_t cursor_offset = 0;
  std::vector<Piece> pieces;
  std::vector<std::byte> buffer;  ///< what the host has given
};

}  // namespace kilburn::nvme
