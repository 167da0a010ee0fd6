// The NVM Express controller as a PCI Express function: registers in BAR 0, one process.
#pragma once

#include <systemc>

#include "common/clock.h"
#include "nvme/controller.h"
#include "nvme/drive.h"
#include "nvme/host_path.h"
#include "nvme/nvme_function.h"
#include "pcie/function.h"

namespace kilburn::nvme {

/// Modelled: Controller behind BAR 0, MSI-X and pin, ATS with its invalidations. Time: the
/// controller's nanoseconds in cycles of the platform; its process sleeps until the next thing that
/// the controller or the drive will do, or a register is written.
class NvmeModule final : public sc_core::sc_module,
                         public pcie::Function,
                         private HostLink,
                         private HostInterrupts {
 public:
  SC_HAS_PROCESS(NvmeModule);
  NvmeModule(const sc_core::sc_module_name& name, const NvmeConfig& config, pcie::Link& link,
             pcie::RoutingId id, Clock clock);

  [[nodiscard]] Cycles next_event() const override;
  [[nodiscard]] Cycles invalidate(const dma::AtsPort::Invalidation& invalidation,
                                  Cycles now) override;
  void visit(StatisticVisitor& v) const override;
  /// The simulation ends by a process's word alone, not at a given time: what comes before anybody
  /// else's next event is done at once, at the time that it would have been done at.
  void run_ahead() { runs_ahead_ = true; }

 protected:
  [[nodiscard]] std::uint64_t bar_read(pcie::BarPlace place, unsigned length, Cycles now) override;
  void bar_write(pcie::BarPlace place, unsigned length, std::uint64_t value, Cycles now) override;
  void reset(Cycles now) override;

 private:
  pcie::Completion request(pcie::Request request, Cycles now) override;
  [[nodiscard]] bool ats_enabled() const override { return Function::ats_enabled(); }
  [[nodiscard]] unsigned vectors() const override { return msix_enabled() ? config_.vectors : 1; }
  [[nodiscard]] bool uses_messages() const override { return msix_enabled(); }
  void raise(unsigned vector, Nanoseconds now) override;
  void set_pin(bool level) override { Function::set_pin(level); }

  void work();
  /// Nobody else will do anything before cycle `when`.
  [[nodiscard]] bool undisturbed_until(Cycles when) const;
  void wake(Cycles now);

  NvmeConfig config_;
  Clock clock_;
  HostPath path_;
  Drive drive_;
  Controller controller_;
  sc_core::sc_event written_;
  sc_core::sc_event access_ended_;
  unsigned drains_ = 0;  ///< invalidations that wait for accesses
  bool at_work_ = false;
  bool runs_ahead_ = false;
};

}  // namespace kilburn::nvme
