#include "interrupt/aclint_module.h"

#include <string>

#include "kilburn/board.h"

namespace kilburn::interrupt {

AclintModule::AclintModule(const sc_core::sc_module_name& name, MachineTime& time, Clock clock,
                           Cycles register_cycles, std::span<InterruptSink* const> harts)
    : RegisterModule(name, BOARD_ACLINT_BYTES, clock, register_cycles), aclint_(time, harts) {
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
