#include "interrupt/aclint_module.h"

#include <string>

#include "kilburn/board.h"

namespace kilburn::interrupt {

AclintModule::AclintModule(const sc_core::sc_module_name& name, MachineTime& time, Clock clock,
                           Cycles register_cycles, std::span<InterruptSink* const> harts)
    : RegisterModule(name, BOARD_ACLINT_BYTES, clock, register_cycles),
      harts_(static_cast<unsigned>(harts.size())),
      aclint_(time, harts) {
  for (unsigned hart = 0; hart < aclint_.harts(); ++hart) {
    timer_events_.push_back(
        std::make_unique<sc_core::sc_event>(("timer_" + std::to_string(hart)).c_str()));
    sc_core::sc_spawn_options options;
    options.spawn_method();
    options.dont_initialize();
    options.set_sensitivity(timer_events_.back().get());
    sc_core::sc_spawn(
        [this, hart] { aclint_.update(hart, this->clock().count(sc_core::sc_time_stamp())); },
        ("raise_" + std::to_string(hart)).c_str(), &options);
  }
}

AclintModule::AclintModule(const sc_core::sc_module_name& name, const Config& /*config*/,
                           device::Surroundings& surroundings)
    : AclintModule(name, surroundings.time, surroundings.clock, surroundings.register_cycles,
                   surroundings.harts) {}

std::vector<device::Range> AclintModule::ranges() {
  return {{.base = BOARD_ACLINT, .bytes = BOARD_ACLINT_BYTES, .socket = registers}};
}

device::TreeNodes AclintModule::nodes(unsigned harts) {
  return {.bus = [harts](device::TreeWriter& tree) {
    tree.node(device::node_name("clint", BOARD_ACLINT), [&] {
      tree.label("clint");
      tree.texts("compatible", {"sifive,clint0", "riscv,clint0"});
      tree.wide_cells("reg", {BOARD_ACLINT, BOARD_ACLINT_BYTES});
      device::lines_to_harts(tree, harts, hart_line::machine_software, hart_line::machine_timer);
    });
  }};
}

bool AclintModule::accepts(unsigned offset, unsigned length) const {
  return length == 4 || (length == 8 && offset >= ACLINT_MTIMECMP);
}

std::uint64_t AclintModule::read(unsigned offset, unsigned length, Cycles now) {
  return aclint_.read(offset, length, now);
}

void AclintModule::write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) {
  aclint_.write(offset, length, value, now);
  if (offset >= ACLINT_MTIMECMP) schedule();
}

void AclintModule::schedule() {
  for (unsigned hart = 0; hart < aclint_.harts(); ++hart) {
    notify_at(*timer_events_[hart], aclint_.next_event(hart));
  }
}

void AclintModule::reset() {
  aclint_.reset();
  schedule();
}

}  // namespace kilburn::interrupt
