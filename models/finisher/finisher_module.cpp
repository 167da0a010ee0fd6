#include "finisher/finisher_module.h"

#include "kilburn/board.h"

namespace kilburn::finisher {

FinisherModule::FinisherModule(const sc_core::sc_module_name& name, Clock clock,
                               Cycles register_cycles, std::function<void(const Outcome&)> finished)
    : RegisterModule(name, BOARD_FINISHER_BYTES, clock, register_cycles),
      finisher_(std::move(finished)) {}

std::uint64_t FinisherModule::read(unsigned /*offset*/, unsigned /*length*/, Cycles /*now*/) {
  return 0;
}

void FinisherModule::write(unsigned offset, unsigned /*length*/, std::uint64_t value, Cycles now) {
  if (offset == FINISHER_COMMAND) finisher_.write(static_cast<std::uint32_t>(value), now);
}

}  // namespace kilburn::finisher
