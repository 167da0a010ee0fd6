#include "platform/gdb/hart_debugger.h"

namespace kilburn::gdb {

bool HartDebugger::stop_before(Address pc) {
  if (halted_) return true;
  if (leaving_) {
    leaving_ = false;
    return false;
  }
  return stepping_ || breakpoints_.contains(pc);
}

bool HartDebugger::stop_after_access(Address va, unsigned bytes, Access access) {
  for (const Watchpoint& watchpoint : watchpoints_) {
    const bool kind = access == Access::store ? watchpoint.stores : watchpoint.loads;
    const bool overlaps =
        va - watchpoint.address < watchpoint.bytes || watchpoint.address - va < bytes;
    if (access == Access::fetch || !kind || !overlaps) continue;
    hit_ = Hit{watchpoint, va};
    return true;
  }
  return false;
}

void HartDebugger::clear() {
  breakpoints_.clear();
  watchpoints_.clear();
}

void HartDebugger::resume(bool one_step) {
  halted_ = false;
  leaving_ = true;
  stepping_ = one_step;
  hit_.reset();
}

}  // namespace kilburn::gdb
