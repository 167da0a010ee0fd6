// Registers of 8 bytes: 0x00 source, 0x08 destination, 0x10 bytes, 0x18 command (a write starts the
// copy), 0x20 status (0 idle, 1 at work, 2 done, 3 faulted; a write acknowledges the interrupt).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <systemc>
#include <vector>

#include "common/register_module.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "toy/toy_device.h"

namespace kilburn::toy {

struct ToyStatistics {
  std::uint64_t copies = 0;
  void visit(StatisticVisitor& v) const {
    v.counter("copies", copies, "copies", "copies that were carried out");
  }
};

class ToyModule final : public RegisterModule, public device::Device {
 public:
  SC_HAS_PROCESS(ToyModule);
  using Config = ToyConfig;
  ToyModule(const sc_core::sc_module_name& name, const Config& config,
            device::Surroundings& surroundings);

  [[nodiscard]] std::string_view name() const override { return ToyDevice::name; }
  [[nodiscard]] std::vector<device::Range> ranges() override;
  [[nodiscard]] Cycles next_event() const override;
  [[nodiscard]] device::TreeNodes tree_nodes() const override;
  void visit(StatisticVisitor& v) const override { v.block(ToyDevice::name, statistics_); }

 protected:
  [[nodiscard]] bool accepts(unsigned /*offset*/, unsigned length) const override {
    return length == 8;
  }
  [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
  void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

 private:
  enum Register : unsigned { source, destination, bytes, command, status, registers_end };
  enum Status : std::uint64_t { idle, at_work, done, faulted };
  void copy();

  ToyConfig config_;
  InterruptLine interrupt_;
  dma::DmaPort& memory_;
  std::array<std::uint64_t, registers_end> values_{};
  sc_core::sc_event start_;
  ToyStatistics statistics_;
};

}  // namespace kilburn::toy
