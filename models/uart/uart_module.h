// The UART as a SystemC module: registers on the bus, and the character time-out at its time.
#pragma once

#include <systemc>

#include "common/register_module.h"
#include "uart/uart.h"

namespace kilburn::uart {

/// An access of 2, 4 or 8 bytes is one of the byte at its offset, as in QEMU; see RegisterModule.
class UartModule final : public RegisterModule {
 public:
  SC_HAS_PROCESS(UartModule);
  UartModule(const sc_core::sc_module_name& name, std::uint64_t cycles_hz, Clock clock,
             Cycles register_cycles, ByteSink& output, interrupt::InterruptLine line);

  [[nodiscard]] const Uart& uart() const { return uart_; }
  /// A byte from outside, at cycle `now`; from a process, or between runs of the kernel.
  void receive(std::uint8_t byte, Cycles now);
  void reset();

 protected:
  [[nodiscard]] bool accepts(unsigned /*offset*/, unsigned /*length*/) const override {
    return true;
  }
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
  void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

 private:
  void time_out();
  void schedule();

  Uart uart_;
  sc_core::sc_event timeout_;
};

}  // namespace kilburn::uart
