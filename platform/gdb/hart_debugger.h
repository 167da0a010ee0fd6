// Breakpoints, watchpoints and single steps of one hart.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

#include "riscv/hart_bus.h"

namespace kilburn::gdb {

struct Watchpoint {
  Address address = 0;
  std::uint64_t bytes = 0;
  bool loads = false;
  bool stores = false;
  friend bool operator==(const Watchpoint&, const Watchpoint&) = default;
};

/// Breakpoints are compared with the pc and never written to memory, so that a guest cannot see
/// them, and one may stand in ROM. Stands still at first: a debugger finds the hart at reset.
class HartDebugger final : public riscv::Debugger {
 public:
  bool stop_before(Address pc) override;
  bool stop_after_access(Address va, unsigned bytes, Access access) override;

  void add_breakpoint(Address pc) { breakpoints_.insert(pc); }
  void remove_breakpoint(Address pc) { breakpoints_.erase(pc); }
  void add_watchpoint(const Watchpoint& watchpoint) { watchpoints_.push_back(watchpoint); }
  void remove_watchpoint(const Watchpoint& watchpoint) { std::erase(watchpoints_, watchpoint); }
  void clear();

  /// Lets the hart go on: for one instruction, or until something stops it.
  void resume(bool one_step);
  /// Stops it before its next instruction.
  void halt() { halted_ = true; }
  [[nodiscard]] bool stepping() const { return stepping_; }

  /// The access that stopped the hart; nothing where none did.
  struct Hit {
    Watchpoint watchpoint;
    Address address = 0;
  };
  [[nodiscard]] const std::optional<Hit>& hit() const { return hit_; }

 private:
  std::set<Address> breakpoints_;
  std::vector<Watchpoint> watchpoints_;
  bool halted_ = true;
  bool leaving_ = false;  ///< the instruction at which the hart stands is executed in any case
  bool stepping_ = false;
  std::optional<Hit> hit_;
};

}  // namespace kilburn::gdb
