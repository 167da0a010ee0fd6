// Statistics by path, and a table's rows of TLBs: for summaries of runs.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "burst_tlb/tlb.h"
#include "platform/configuration/statistic_writers.h"

namespace kilburn::platform {

/// From the one place where they are declared.
class SummaryValues {
 public:
  explicit SummaryValues(const VisitStatistics& statistics) : list_(statistics_list(statistics)) {}
  explicit SummaryValues(std::vector<StatisticValue> list) : list_(std::move(list)) {}

  /// 0 where there is none of that path.
  [[nodiscard]] double operator()(std::string_view path) const;
  /// In per cent; 0 where `whole` is 0. For causes of stalls, which are parts of all cycles. What a
  /// block declares as a ratio is read as such: it knows what its counters count.
  [[nodiscard]] double share(std::string_view part, std::string_view whole) const;
  /// Accesses to the cache at `path` whose line was absent, in per cent; nothing asked, nothing
  /// missed.
  [[nodiscard]] double cache_misses(std::string_view path) const;

 private:
  std::vector<StatisticValue> list_;
};

[[nodiscard]] std::string tlb_heading();
/// The TLB whose statistics are at `path`.
[[nodiscard]] std::string tlb_row(const SummaryValues& values, std::string_view path,
                                  double instructions, const burst_tlb::TlbConfig& tlb);

}  // namespace kilburn::platform
