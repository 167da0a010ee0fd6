// An RTL that passes everything on to another: a base for test doubles that change or log one
// thing.
#pragma once

#include <memory>
#include <utility>

#include "burst_tlb/burst_tlb_rtl.h"

namespace kilburn::burst_tlb {

class ForwardingRtl : public BurstTlbRtl {
 public:
  explicit ForwardingRtl(std::unique_ptr<BurstTlbRtl> rtl) : rtl_(std::move(rtl)) {}
  bool ready() const override { return rtl_->ready(); }
  const PortResults& cycle(const PortRequests& requests) override { return rtl_->cycle(requests); }
  std::span<const std::uint32_t> unit_valid() const override { return rtl_->unit_valid(); }
  Counters counters() const override { return rtl_->counters(); }
  RtlParameters elaborated() const override { return rtl_->elaborated(); }
  std::uint64_t edges() const override { return rtl_->edges(); }
  void open_waveform(const std::filesystem::path& file) override { rtl_->open_waveform(file); }
  void close_waveform() override { rtl_->close_waveform(); }
  void show_model(const PortResults& results, std::span<const std::uint32_t> valid,
                  bool mismatch) override {
    rtl_->show_model(results, valid, mismatch);
  }

 private:
  std::unique_ptr<BurstTlbRtl> rtl_;
};

}  // namespace kilburn::burst_tlb
