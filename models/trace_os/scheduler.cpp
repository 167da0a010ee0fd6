#include "trace_os/scheduler.h"

#include <cassert>

namespace kilburn::trace_os {

void SchedulerStatistics::visit(StatisticVisitor& v) const {
  v.counter("context_switches", context_switches, "switches",
            "turns that began after another process's");
}

Scheduler::Scheduler(const OsConfig& config, std::uint32_t processes)
    : interval_(config.context_switch_interval == 0 ? UINT64_MAX : config.context_switch_interval),
      switch_cycles_(config.context_switch_cycles),
      finished_(processes, false),
      running_(processes - 1) {
  assert(processes > 0);
}

std::optional<Turn> Scheduler::next() {
  const auto processes = static_cast<std::uint32_t>(finished_.size());
  for (std::uint32_t step = 1; step <= processes; ++step) {
    const std::uint32_t candidate = (running_ + step) % processes;
    if (finished_[candidate]) continue;
    const bool switched = started_ && candidate != running_;
    if (switched) ++statistics_.context_switches;
    running_ = candidate;
    started_ = true;
    return Turn{candidate, interval_, switched ? switch_cycles_ : 0};
  }
  return std::nullopt;
}

void Scheduler::finish(std::uint32_t process) {
  finished_[process] = true;
}

}  // namespace kilburn::trace_os
