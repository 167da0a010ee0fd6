#include "nand/timing_statistics.h"

#include <string>

namespace kilburn::nand {
namespace {

PartStatistics sum(const std::vector<PartStatistics>& parts) {
  PartStatistics all;
  for (const PartStatistics& part : parts) {
    all.operations += part.operations;
    all.busy += part.busy;
    all.conflicts += part.conflicts;
    all.waited += part.waited;
  }
  return all;
}

}  // namespace

void PartStatistics::visit(StatisticVisitor& v, Nanoseconds now) const {
  v.counter("operations", operations, "operations", "operations begun");
  v.counter("busy_ns", busy, "ns", "time at work");
  v.counter("conflicts", conflicts, "operations", "operations that found it busy");
  v.counter("waited_ns", waited, "ns", "time that they waited for it");
  v.ratio("mean_wait", waited, operations, "ns/operation", "time that an operation waits for it");
  v.ratio("utilisation", busy, now, "", "share of the time that it was at work");
}

void TimingStatistics::visit(StatisticVisitor& v) const {
  v.counter("reads", reads, "operations", "pages sensed");
  v.counter("programs", programs, "operations", "pages programmed");
  v.counter("erases", erases, "operations", "blocks erased");
  v.counter("multi_plane", multi_plane, "operations", "that ran beside another one of their die");
  v.histogram("die_wait_ns", die_wait, "ns", "that an operation waited for its die");
  v.histogram("channel_wait_ns", channel_wait, "ns", "that a transfer waited for its channel");
  const auto part = [&](std::string_view name, const PartStatistics& one, Nanoseconds time) {
    v.enter(name);
    one.visit(v, time);
    v.leave();
  };
  part("dies", sum(dies), now * dies.size());
  part("channels", sum(channels), now * channels.size());
  for (std::size_t i = 0; i < dies.size(); ++i) part("die" + std::to_string(i), dies[i], now);
  for (std::size_t i = 0; i < channels.size(); ++i) {
    part("channel" + std::to_string(i), channels[i], now);
  }
}

}  // namespace kilburn::nand
