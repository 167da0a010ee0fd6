#include "interrupt/plic_module.h"

#include "kilburn/board.h"

namespace kilburn::interrupt {

PlicModule::PlicModule(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
                       std::span<InterruptSink* const> harts)
    : RegisterModule(name, BOARD_PLIC_BYTES, clock, register_cycles), plic_(harts) {}

std::uint64_t PlicModule::read(unsigned offset, unsigned /*length*/, Cycles /*now*/) {
  return plic_.read(offset);
}

void PlicModule::write(unsigned offset, unsigned /*length*/, std::uint64_t value, Cycles /*now*/) {
  plic_.write(offset, static_cast<std::uint32_t>(value));
}

}  // namespace kilburn::interrupt
