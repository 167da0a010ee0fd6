// The UART as a SystemC module: registers on the bus, and the character time-out at its time.
#pragma once

#include <string_view>
#include <systemc>
#include <vector>

#include "common/register_module.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "uart/uart.h"
#include "uart/uart_device.h"

namespace kilburn::uart {

/// An access of 2, 4 or 8 bytes is one of the byte at its offset, as in QEMU; see RegisterModule.
class UartModule final : public RegisterModule, public device::Device {
 public:
  SC_HAS_PROCESS(UartModule);
  using Config = UartDevice::Config;
  UartModule(const sc_core::sc_module_name& name, const Config& config,
             device::Surroundings& surroundings);
  UartModule(const sc_core::sc_module_name& name, std::uint64_t cycles_hz, Clock clock,
             Cycles register_cycles, ByteSink& output, InterruptLine line);

  [[nodiscard]] const Uart& uart() const { return uart_; }
  /// A byte from outside, at cycle `now`; from a process, or between runs of the kernel.
  void receive(std::uint8_t byte, Cycles now);
  void reset();

  [[nodiscard]] static device::TreeNodes nodes();
  [[nodiscard]] std::string_view name() const override { return UartDevice::name; }
  [[nodiscard]] std::vector<device::Range> ranges() override;
  [[nodiscard]] Cycles next_event() const override { return uart_.next_event(); }
  [[nodiscard]] device::TreeNodes tree_nodes() const override { return nodes(); }
  void visit(StatisticVisitor& v) const override { v.block(UartDevice::name, uart_.statistics()); }

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
