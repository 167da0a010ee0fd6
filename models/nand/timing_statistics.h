// What dies and channels did with their time.
#pragma once

#include <cstdint>
#include <vector>

#include "common/statistics.h"
#include "nand/timing_config.h"

namespace kilburn::nand {

/// Of one die or channel.
struct PartStatistics {
  std::uint64_t operations = 0;
  Nanoseconds busy = 0;
  std::uint64_t conflicts = 0;  ///< operations that found it busy
  Nanoseconds waited = 0;       ///< by those

  void visit(StatisticVisitor& v, Nanoseconds now) const;
  friend bool operator==(const PartStatistics&, const PartStatistics&) = default;
};

struct TimingStatistics {
  std::uint64_t reads = 0;
  std::uint64_t programs = 0;
  std::uint64_t erases = 0;
  std::uint64_t multi_plane = 0;  ///< operations that ran beside another of their die
  Histogram die_wait = Histogram::log2(40);
  Histogram channel_wait = Histogram::log2(40);
  std::vector<PartStatistics> dies;
  std::vector<PartStatistics> channels;
  Nanoseconds now = 0;  ///< over which utilisation counts

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const TimingStatistics&, const TimingStatistics&) = default;
};

}  // namespace kilburn::nand
