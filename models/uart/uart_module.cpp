#include "uart/uart_module.h"

namespace kilburn::uart {

UartModule::UartModule(const sc_core::sc_module_name& name, std::uint64_t cycles_hz, Clock clock,
                       Cycles register_cycles, ByteSink& output, interrupt::InterruptLine line)
    : RegisterModule(name, UART_REGISTER_BYTES, clock, register_cycles),
      uart_(cycles_hz, output, line) {
  SC_METHOD(time_out);
  dont_initialize();
  sensitive << timeout_;
}

std::uint64_t UartModule::read(unsigned offset, unsigned /*length*/, Cycles now) {
  const std::uint8_t value = uart_.read(offset, now);
  schedule();
  return value;
}

void UartModule::write(unsigned offset, unsigned /*length*/, std::uint64_t value, Cycles now) {
  uart_.write(offset, static_cast<std::uint8_t>(value), now);
  schedule();
}

void UartModule::receive(std::uint8_t byte, Cycles now) {
  uart_.receive(byte, now);
  schedule();
}

void UartModule::reset() {
  uart_.reset();
  schedule();
}

void UartModule::time_out() {
  uart_.update(clock().count(sc_core::sc_time_stamp()));
}

void UartModule::schedule() {
  notify_at(timeout_, uart_.next_event());
}

}  // namespace kilburn::uart
