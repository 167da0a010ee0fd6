#include "uart/uart_module.h"

#include "kilburn/board.h"

namespace kilburn::uart {

UartModule::UartModule(const sc_core::sc_module_name& name, std::uint64_t cycles_hz, Clock clock,
                       Cycles register_cycles, ByteSink& output, InterruptLine line)
    : RegisterModule(name, UART_REGISTER_BYTES, clock, register_cycles),
      uart_(cycles_hz, output, line) {
  SC_METHOD(time_out);
  dont_initialize();
  sensitive << timeout_;
}

UartModule::UartModule(const sc_core::sc_module_name& name, const Config& /*config*/,
                       device::Surroundings& surroundings)
    : UartModule(name, surroundings.cycles_hz, surroundings.clock, surroundings.register_cycles,
                 surroundings.console, {surroundings.interrupts, BOARD_IRQ_UART}) {}

std::vector<device::Range> UartModule::ranges() {
  return {{.base = BOARD_UART, .bytes = BOARD_UART_BYTES, .socket = registers}};
}

device::TreeNodes UartModule::nodes() {
  return {.bus = [](device::TreeWriter& tree) {
    tree.node(device::node_name("serial", BOARD_UART), [&] {
      tree.label("uart");
      tree.texts("compatible", {"ns16550a"});
      tree.wide_cells("reg", {BOARD_UART, BOARD_UART_BYTES});
      tree.cells("clock-frequency", {UART_CLOCK_HZ});
      device::wired_interrupt(tree, BOARD_IRQ_UART);
    });
  }};
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
