// The ports of one first-level TLB in a waveform, named as the RTL's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "burst_tlb/port_tlb.h"
#include "platform/waveform/gtkwave_save.h"
#include "platform/waveform/vcd_writer.h"

namespace kilburn::platform {

/// `now` tells the time of a request, nothing where none is shown; empty: others have set the time.
/// `looked_up` is called at each look-up, when its time is set and its signals are not.
/// Requests and `mismatch` stand in the TLB's own scope, results under .model and .rtl.
class TlbSignals final : public burst_tlb::PortObserver {
 public:
  TlbSignals(VcdWriter& vcd, std::string scope, bool model, bool rtl, std::uint32_t units,
             std::function<std::optional<Cycles>()> now, std::function<void()> looked_up);
  void observe(const burst_tlb::PortActivity& activity) override;
  [[nodiscard]] const std::string& scope() const { return scope_; }
  [[nodiscard]] std::vector<WaveformGroup> groups() const;

 private:
  using Signal = VcdWriter::Signal;
  struct Requests {
    Signal lookup_valid, lookup_vpn, lookup_asid, lookup_vmid, lookup_realm, lookup_store;
    Signal fill_valid, fill_vpn, fill_asid, fill_vmid, fill_realm, fill_unit;
    Signal invalidate_valid, invalidate_operation, invalidate_page, invalidate_pages;
    Signal invalidate_asid, invalidate_vmid, invalidate_realm;
  };
  struct Results {
    Signal lookup_valid, lookup_outcome, lookup_entry, lookup_unit;
    Signal fill_valid, fill_entry, fill_in_place, fill_written, fill_evicted;
    Signal invalidate_valid, invalidate_cleared;
  };
  [[nodiscard]] Results add_results(const std::string& scope) const;
  void show(const burst_tlb::PortRequests& requests);
  void show(const Results& signals, const burst_tlb::PortResults& results);

  VcdWriter& vcd_;
  std::string scope_;
  std::uint32_t units_;
  std::function<std::optional<Cycles>()> now_;
  std::function<void()> looked_up_;
  Requests requests_{};
  std::optional<Results> model_;
  std::optional<Results> rtl_;
  std::optional<Signal> mismatch_;
  std::optional<std::uint64_t> last_;  ///< time of the last cycle shown
};

}  // namespace kilburn::platform
