// The PLIC as a SystemC module: registers on the bus. Devices drive `plic()` as an InterruptSink.
#pragma once

#include <span>
#include <systemc>

#include "common/register_module.h"
#include "interrupt/plic.h"

namespace kilburn::interrupt {

/// Registers are accessed by 4 bytes; see RegisterModule.
class PlicModule final : public RegisterModule {
 public:
  /// `harts`: by hart number.
  PlicModule(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
             std::span<InterruptSink* const> harts);

  [[nodiscard]] Plic& plic() { return plic_; }
  [[nodiscard]] const Plic& plic() const { return plic_; }

 protected:
  [[nodiscard]] bool accepts(unsigned /*offset*/, unsigned length) const override {
    return length == 4;
  }
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
  void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

 private:
  Plic plic_;
};

}  // namespace kilburn::interrupt
