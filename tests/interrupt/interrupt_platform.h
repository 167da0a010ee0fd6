// The interrupt controllers on buses of their own. One elaboration for all tests of the executable:
// SystemC has no second.
#pragma once

#include <array>
#include <memory>
#include <systemc>
#include <vector>

#include "common/bus_master.h"
#include "interrupt/aclint_module.h"
#include "interrupt/aplic_module.h"
#include "interrupt/imsic_module.h"
#include "interrupt/plic_module.h"
#include "kilburn/board.h"
#include "recorded_lines.h"

namespace kilburn::interrupt::testing {

using kilburn::testing::BusMaster;
using kilburn::testing::simulate;

inline constexpr std::uint64_t cycles_hz = 1'000'000'000;
inline constexpr Cycles tick = cycles_hz / BOARD_TIMEBASE_HZ;
inline constexpr Cycles register_cycles = 4;
inline constexpr Cycles message_cycles = 10;
inline constexpr unsigned guest_files = 2;
inline const sc_core::sc_time period{1, sc_core::SC_NS};

struct AiaPlatform {
  struct Message {
    Aplic::Write write;
    Cycles when = 0;
  };
  std::array<RecordedLines, 2> harts;
  std::array<InterruptSink*, 2> sinks{&harts[0], &harts[1]};
  std::vector<Message> messages;
  ImsicModule imsic{"imsic", Clock(period), register_cycles, sinks, guest_files};
  AplicModule aplic{"aplic", Clock(period), register_cycles, sinks,
                    [this](const Aplic::Write& write, Cycles now) -> AplicModule::Sent {
                      messages.push_back({write, now});
                      return {.ok = write.address < 0x3000'0000, .latency = message_cycles};
                    }};
  BusMaster to_machine{"to_imsic_machine"};
  BusMaster to_supervisor{"to_imsic_supervisor"};
  BusMaster to_root{"to_aplic_root"};
  BusMaster to_child{"to_aplic_child"};
  AiaPlatform() {
    to_machine.socket.bind(imsic.machine_pages());
    to_supervisor.socket.bind(imsic.supervisor_pages());
    to_root.socket.bind(aplic.machine_registers());
    to_child.socket.bind(aplic.supervisor_registers());
  }
};

struct Platform {
  std::array<RecordedLines, 2> harts;
  std::array<InterruptSink*, 2> sinks{&harts[0], &harts[1]};
  MachineTime time{Timebase(BOARD_TIMEBASE_HZ, cycles_hz)};
  AclintModule aclint{"aclint", time, Clock(period), register_cycles, sinks};
  PlicModule plic{"plic", Clock(period), register_cycles, sinks};
  BusMaster to_aclint{"to_aclint"};
  BusMaster to_plic{"to_plic"};
  AiaPlatform aia;
  Platform() {
    to_aclint.socket.bind(aclint.registers);
    to_plic.socket.bind(plic.registers);
  }
};

/// Elaborated, and lasting to the end of the process.
inline Platform& platform() {
  static const std::unique_ptr<Platform> the_platform = [] {
    auto made = std::make_unique<Platform>();
    sc_core::sc_start(sc_core::SC_ZERO_TIME);
    return made;
  }();
  return *the_platform;
}

}  // namespace kilburn::interrupt::testing
