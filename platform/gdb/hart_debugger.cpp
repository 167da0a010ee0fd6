#include "platform/gdb/hart_debugger.h"

#include <algorithm>
#include <utility>

namespace kilburn::gdb {

bool HartDebugger::stop_before(Address pc) {
  if (halted_) return true;
  if (std::exchange(leaving_, false)) return false;
  if (stepping_) return true;
  const auto at = breakpoints_.lower_bound({.pc = pc});
  return at != breakpoints_.end() && at->pc == pc;
}

bool HartDebugger::stop_after_access(Address va, unsigned bytes, Access access) {
  const auto begins_inside = [&](const Watchpoint& w) { return va - w.address < w.bytes; };
  const auto touched = std::ranges::find_if(watchpoints_, [&](const Watchpoint& w) {
    const bool kind = access == Access::store ? w.stores : w.loads;
    return kind && (begins_inside(w) || w.address - va < bytes);
  });
  if (access == Access::fetch || touched == watchpoints_.end()) return false;
  // GDB knows its watchpoint by an address in it.
  hit_ = Hit{*touched, begins_inside(*touched) ? va : touched->address};
  return true;
}

void HartDebugger::add(const Watchpoint& watchpoint) {
  remove(watchpoint);  // GDB may repeat itself
  watchpoints_.push_back(watchpoint);
}

void HartDebugger::clear() {
  breakpoints_.clear();
  watchpoints_.clear();
  hit_.reset();
}

void HartDebugger::resume(bool one_step) {
  halted_ = false;
  leaving_ = stepping_ = one_step;
  if (hit_ && std::ranges::find(watchpoints_, hit_->watchpoint) == watchpoints_.end()) hit_.reset();
}

std::optional<HartDebugger::Hit> HartDebugger::take_hit() {
  return std::exchange(hit_, std::nullopt);
}

}  // namespace kilburn::gdb
