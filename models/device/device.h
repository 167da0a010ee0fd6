// A device of a node: one object that says all the platform asks of it. The platform goes over the
// list of its devices, and knows none by name.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include <systemc>
#include <tlm>

#include "common/external_interrupts.h"
#include "common/interrupt_line.h"
#include "common/statistics.h"
#include "common/timebase.h"
#include "common/types.h"
#include "device/tree_nodes.h"

namespace kilburn::device {

/// Addresses [base, base + bytes) of the node's map, which `socket` answers.
struct Range {
  Address base = 0;
  std::uint64_t bytes = 0;
  tlm::tlm_target_socket<>& socket;
  /// `socket` sees offsets in the range, as registers are numbered, and not addresses.
  bool relative = true;
};

/// Implemented by a device's SystemC module (models/<device>/<device>_module.h), which has a
/// constructor (sc_module_name, const Config&, Surroundings&). Beside it <device>_device.h says,
/// for the list, its `name`, under which its parameters and statistics stand, `description`, what
/// it is, `Config`, its parameters (or NoConfig), and `Module`. One that not every board has says
/// when it is there: `static bool present(const BoardParameters&)`.
class Device {
 public:
  virtual ~Device() = default;
  [[nodiscard]] virtual std::string_view name() const = 0;
  [[nodiscard]] virtual std::vector<Range> ranges() = 0;
  /// The cycle at which it will do something that no hart asks it for (an interrupt, a transfer
  /// that is under way), 0 while it works; Timebase::never where it waits for software alone. A run
  /// in which all harts sleep ends when no device has anything to do.
  [[nodiscard]] virtual Cycles next_event() const { return Timebase::never; }
  [[nodiscard]] virtual TreeNodes tree_nodes() const { return {}; }
  /// Of the interrupt controller for devices: its inputs, by source. A board has one.
  [[nodiscard]] virtual InterruptSink* inputs() { return nullptr; }
  /// Of an interrupt controller that a hart's registers reach into: what they reach. The first
  /// device in the list that has it for a hart is that hart's.
  [[nodiscard]] virtual ExternalInterrupts* external_interrupts(unsigned /*hart*/) {
    return nullptr;
  }
  virtual void visit(StatisticVisitor& /*v*/) const {}
};

}  // namespace kilburn::device
