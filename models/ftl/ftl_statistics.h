// What the flash translation layer counts.
#pragma once

#include <cstdint>

#include "common/statistics.h"

namespace kilburn::ftl {

struct FtlStatistics {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t flushes = 0;
  std::uint64_t deallocations = 0;
  std::uint64_t units_read = 0;
  std::uint64_t units_written = 0;
  std::uint64_t units_deallocated = 0;
  std::uint64_t partial_units = 0;
  std::uint64_t buffer_hits = 0;
  std::uint64_t buffer_merges = 0;
  std::uint64_t buffer_stalls = 0;

  std::uint64_t v2p_lookups = 0;
  std::uint64_t unit_lookups = 0;
  std::uint64_t resizes = 0;
  std::uint64_t failed_resizes = 0;
  std::uint64_t entries_moved = 0;
  std::uint64_t resize_ns = 0;

  std::uint64_t units_programmed = 0;
  std::uint64_t padding_programmed = 0;
  std::uint64_t collections = 0;
  std::uint64_t units_collected = 0;
  std::uint64_t wear_moves = 0;
  std::uint64_t erases = 0;
  std::uint64_t journal_pages = 0;
  std::uint64_t journal_records = 0;
  std::uint64_t checkpoints = 0;
  std::uint64_t checkpoint_pages = 0;

  std::uint64_t unreadable_units = 0;
  std::uint64_t program_failures = 0;
  std::uint64_t erase_failures = 0;
  std::uint64_t recovered_pages = 0;
  std::uint64_t recovered_records = 0;
  std::uint64_t torn_pages = 0;

  std::uint64_t frames_of_page = 1;      ///< to compare pages with units
  Histogram wear = Histogram::log2(24);  ///< filled in when they are asked for

  void visit(StatisticVisitor& v) const;
  [[nodiscard]] double write_amplification() const;
  friend bool operator==(const FtlStatistics&, const FtlStatistics&) = default;
};

}  // namespace kilburn::ftl
