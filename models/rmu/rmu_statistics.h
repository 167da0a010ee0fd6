// Statistics of the realm management unit.
#pragma once

#include <array>
#include <cstdint>

#include "common/statistics.h"
#include "rmu/command.h"
#include "rmu/ownership_table.h"

namespace kilburn::rmu {

/// Why an access was denied.
enum class Denial : std::uint8_t {
  none,
  no_realm,      ///< the realm that asks does not exist
  out_of_range,  ///< a frame that the table does not cover
  table,         ///< the ownership table itself
  unowned,       ///< nobody's
  state,         ///< clean, private or being scrubbed
  not_owner,     ///< another realm's, not shared
  read_only,     ///< a store to another realm's, shared for reading
  mapping,       ///< reached from another page than the entry says
  table_error,   ///< no memory at the entry, or an entry that the RMU does not write
  data_only,     ///< a page table in a granule that holds data only
};
inline constexpr unsigned denial_reasons = 11;

struct RmuStatistics {
  TableStatistics table{};
  std::uint64_t checks = 0;
  std::uint64_t transient = 0;
  std::uint64_t overtaken = 0;
  std::array<std::uint64_t, denial_reasons> denials{};  ///< by Denial
  Histogram check_cycles = Histogram::log2(24);
  std::array<std::array<std::uint64_t, RMU_STATUS_COUNT>, RMU_CMD_COUNT> commands{};
  std::uint64_t fuses = 0;
  std::uint64_t shatters = 0;
  std::uint64_t scrub_writes = 0;
  std::uint64_t invalidations = 0;
  std::uint64_t invalidation_timeouts = 0;
  std::uint64_t invalidation_cycles = 0;
  Histogram fused_order = Histogram::linear(18);
  Histogram command_cycles = Histogram::log2(32);
  Histogram fuse_cycles = Histogram::log2(32);
  Histogram shatter_cycles = Histogram::log2(32);

  [[nodiscard]] std::uint64_t denied(Denial reason) const {
    return denials[static_cast<unsigned>(reason)];
  }
  [[nodiscard]] std::uint64_t count(CommandCode code, Status status) const {
    return commands[static_cast<unsigned>(code)][static_cast<unsigned>(status)];
  }
  void visit(StatisticVisitor& v) const;
  friend bool operator==(const RmuStatistics&, const RmuStatistics&) = default;
};

}  // namespace kilburn::rmu
