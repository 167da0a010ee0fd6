// What the controller counts.
#pragma once

#include <cstdint>

#include "common/statistics.h"

namespace kilburn::nvme {

struct NvmeStatistics {
  std::uint64_t doorbells = 0;
  std::uint64_t bad_doorbells = 0;
  std::uint64_t fetches = 0;
  std::uint64_t admin_commands = 0;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t flushes = 0;
  std::uint64_t other_commands = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t errors = 0;
  std::uint64_t completions = 0;
  std::uint64_t interrupts = 0;
  std::uint64_t events = 0;
  std::uint64_t resets = 0;
  Histogram read_ns = Histogram::log2(34);
  Histogram write_ns = Histogram::log2(34);
  void visit(StatisticVisitor& v) const;
  friend bool operator==(const NvmeStatistics&, const NvmeStatistics&) = default;
};

}  // namespace kilburn::nvme
