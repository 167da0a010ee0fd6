// Breakpoints, watchpoints and single steps of one hart.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "riscv/memory/hart_bus.h"

namespace kilburn::gdb {

/// GDB inserts and removes those of software and of hardware one by one, also at the same place.
struct Breakpoint {
  Address pc = 0;
  bool hardware = false;
  friend auto operator<=>(const Breakpoint& a, const Breakpoint& b) {
    return std::tie(a.pc, a.hardware) <=> std::tie(b.pc, b.hardware);
  }
};

/// At least one byte of virtual memory, in whichever address space.
struct Watchpoint {
  Address address = 0;
  std::uint64_t bytes = 1;
  bool loads = false;
  bool stores = false;
  friend bool operator==(const Watchpoint&, const Watchpoint&) = default;
};

/// Breakpoints are compared with the pc and never written to memory, so that a guest cannot see
/// them, and one may stand in ROM. Halted at first.
class HartDebugger final : public riscv::Debugger {
 public:
  bool stop_before(Address pc) override;
  bool stop_after_access(Address va, unsigned bytes, Access access) override;

  void add(const Breakpoint& breakpoint) { breakpoints_.insert(breakpoint); }
  void remove(const Breakpoint& breakpoint) { breakpoints_.erase(breakpoint); }
  void add(const Watchpoint& watchpoint);
  void remove(const Watchpoint& watchpoint) { std::erase(watchpoints_, watchpoint); }
  /// Without breakpoints, watchpoints or a hit of one.
  void clear();

  /// Lets the hart go on: for one instruction, whatever breakpoint stands there, or until something
  /// stops it, which a breakpoint where it stands does at once.
  void resume(bool one_step);
  /// Stops it before its next instruction.
  void halt() { halted_ = true; }
  [[nodiscard]] bool halted() const { return halted_; }
  /// The instruction of a step has been executed.
  [[nodiscard]] bool step_done() const { return stepping_ && !leaving_; }

  /// An access that stopped the hart.
  struct Hit {
    Watchpoint watchpoint;
    Address address = 0;  ///< the first byte that is watched
  };
  /// The last one, until it is taken, or the hart resumed after its watchpoint has gone.
  [[nodiscard]] const std::optional<Hit>& hit() const { return hit_; }
  [[nodiscard]] std::optional<Hit> take_hit();

 private:
  std::set<Breakpoint> breakpoints_;
  std::vector<Watchpoint> watchpoints_;
  bool halted_ = true;
  bool stepping_ = false;
  bool leaving_ = false;  ///< the instruction of a step is yet to be executed
  std::optional<Hit> hit_;
};

}  // namespace kilburn::gdb
