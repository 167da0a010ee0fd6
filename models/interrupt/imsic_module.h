// The harts' IMSICs as a SystemC module: the pages that messages are written to.
#pragma once

#include <span>
#include <string_view>
#include <systemc>
#include <vector>

#include "common/register_module.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "interrupt/imsic.h"
#include "interrupt/imsic_device.h"

namespace kilburn::interrupt {

/// Two regions: a page of each hart for machine level; for supervisor level a page of each hart
/// and, behind it, one for each guest file, up to a power of two. A page without a file ignores
/// writes. Pages are accessed by 4 bytes; see RegisterModule.
class ImsicModule final : public sc_core::sc_module, public device::Device {
 public:
  using Config = ImsicDevice::Config;
  ImsicModule(const sc_core::sc_module_name& name, const Config& config,
              device::Surroundings& surroundings);
  /// `harts`: by hart number.
  ImsicModule(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
              std::span<InterruptSink* const> harts, unsigned guest_files);

  [[nodiscard]] Imsic& imsic(unsigned hart) { return imsics_[hart]; }
  [[nodiscard]] tlm::tlm_target_socket<>& machine_pages() { return machine_.registers; }
  [[nodiscard]] tlm::tlm_target_socket<>& supervisor_pages() { return supervisor_.registers; }

  [[nodiscard]] static device::TreeNodes nodes(unsigned harts, unsigned guest_files);
  [[nodiscard]] std::string_view name() const override { return ImsicDevice::name; }
  [[nodiscard]] std::vector<device::Range> ranges() override;
  [[nodiscard]] device::TreeNodes tree_nodes() const override {
    return nodes(static_cast<unsigned>(imsics_.size()), guest_files_);
  }
  [[nodiscard]] ExternalInterrupts* external_interrupts(unsigned hart) override {
    return &imsics_[hart];
  }
  void visit(StatisticVisitor& v) const override;

 private:
  /// The pages of one level: 2^`file_bits` for each hart, of which the first has file `first`.
  class Pages final : public RegisterModule {
   public:
    Pages(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
          std::vector<Imsic>& imsics, unsigned first, unsigned file_bits);

   protected:
    [[nodiscard]] bool accepts(unsigned /*offset*/, unsigned length) const override {
      return length == 4;
    }
    [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
    void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

   private:
    std::vector<Imsic>& imsics_;
    unsigned first_;
    unsigned file_bits_;
  };

  unsigned guest_files_;
  std::vector<Imsic> imsics_;  ///< by hart number
  Pages machine_;
  Pages supervisor_;
};

}  // namespace kilburn::interrupt
