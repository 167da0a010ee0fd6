// The APLIC as a SystemC module: the registers of its domains on the bus, and the sender of its
// messages. Devices drive `inputs()`.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <systemc>
#include <vector>

#include "common/register_module.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "interrupt/aplic.h"
#include "interrupt/aplic_device.h"

namespace kilburn::interrupt {

/// Registers are accessed by 4 bytes; see RegisterModule. Messages are sent by a process of its
/// own, one after the other, each taking as long as its write does: whatever software makes of
/// addresses and sources (an APLIC that sends to itself, too), time goes on.
class AplicModule final : public sc_core::sc_module, public device::Device, private InterruptSink {
 public:
  using Config = AplicDevice::Config;
  AplicModule(const sc_core::sc_module_name& name, const Config& config,
              device::Surroundings& surroundings);

  struct Sent {
    bool ok = false;
    Cycles latency = 0;
  };
  /// Makes a write to memory.
  using Sender = std::function<Sent(const Aplic::Write& write, Cycles now)>;
  /// `harts`: by hart number. `send`: null with direct delivery.
  AplicModule(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
              std::span<InterruptSink* const> harts, Sender send);

  [[nodiscard]] Aplic& aplic() { return aplic_; }
  [[nodiscard]] tlm::tlm_target_socket<>& machine_registers() { return machine_.registers; }
  [[nodiscard]] tlm::tlm_target_socket<>& supervisor_registers() { return supervisor_.registers; }

  [[nodiscard]] static device::TreeNodes nodes(unsigned harts, Delivery delivery);
  [[nodiscard]] std::string_view name() const override { return AplicDevice::name; }
  [[nodiscard]] std::vector<device::Range> ranges() override;
  [[nodiscard]] Cycles next_event() const override {
    return sending_ || aplic_.has_message() ? 0 : Timebase::never;
  }
  [[nodiscard]] device::TreeNodes tree_nodes() const override { return nodes(harts_, delivery()); }
  [[nodiscard]] InterruptSink* inputs() override { return this; }
  [[nodiscard]] ExternalInterrupts* external_interrupts(unsigned hart) override {
    return &priorities_[hart];
  }
  void visit(StatisticVisitor& v) const override {
    v.block(AplicDevice::name, aplic_.statistics());
  }

 private:
  /// The control region of a domain.
  class Domain final : public RegisterModule {
   public:
    Domain(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
           AplicModule& aplic, Aplic::Level level);

   protected:
    [[nodiscard]] bool accepts(unsigned /*offset*/, unsigned length) const override {
      return length == 4;
    }
    [[nodiscard]] std::uint64_t read(unsigned offset, unsigned length, Cycles now) override;
    void write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) override;

   private:
    AplicModule& aplic_;
    Aplic::Level level_;
  };

  /// What a hart knows of a controller that has no files: the priority of what it signals.
  class Priorities final : public ExternalInterrupts {
   public:
    Priorities(const Aplic& aplic, unsigned hart) : aplic_(&aplic), hart_(hart) {}
    [[nodiscard]] unsigned priority(unsigned file) const override;

   private:
    const Aplic* aplic_;
    unsigned hart_;
  };

  [[nodiscard]] Delivery delivery() const { return send_ ? Delivery::message : Delivery::direct; }
  void set(unsigned source, bool level) override;
  void announce();
  void send_messages();

  unsigned harts_;
  Clock clock_;
  Sender send_;
  Aplic aplic_;
  Domain machine_;
  Domain supervisor_;
  std::vector<Priorities> priorities_;
  sc_core::sc_event message_;
  bool sending_ = false;
};

}  // namespace kilburn::interrupt
