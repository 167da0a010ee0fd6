#include "platform/replay/hart_tap.h"

#include "mmu/translation_extension.h"

namespace kilburn::platform {

HartTap::HartTap(const sc_core::sc_module_name& name, Waveform& waveform, Clock clock)
    : sc_module(name), waveform_(waveform), clock_(clock) {
  hart.bind(*this);
  mmu.bind(*this);
  if (!waveform.shows("hart")) return;
  using enum WaveformSignal::Format;
  signals_ = {.access_valid = waveform.add_hart_signal("access_valid", 1, binary),
              .kind = waveform.add_hart_signal("access", 2, decimal, &access_names),
              .va = waveform.add_hart_signal("va", 64, hexadecimal),
              .pa = waveform.add_hart_signal("pa", 56, hexadecimal),
              .asid = waveform.add_hart_signal("asid", 16),
              .first_level_hit = waveform.add_hart_signal("first_level_hit", 1, binary),
              .fault = waveform.add_hart_signal("fault", 2, decimal, &fault_names),
              .translation_cycles = waveform.add_hart_signal("translation_cycles", 32, decimal)};
}

void HartTap::b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) {
  VcdWriter& vcd = waveform_.vcd();
  vcd.at(clock_.now(delay));
  waveform_.accessed();
  const Address va = payload.get_address();
  const auto* request = payload.get_extension<mmu::TranslationExtension>();
  if (signals_) {
    vcd.pulse(signals_->access_valid);
    vcd.set(signals_->kind, static_cast<std::uint64_t>(request->access));
    vcd.set(signals_->va, va);
    vcd.set(signals_->asid, request->regime->context.asid);
  }
  mmu->b_transport(payload, delay);
  if (signals_) {
    const auto& reply = request->reply;
    vcd.set(signals_->first_level_hit, reply.first_level_hit ? 1 : 0);
    vcd.set(signals_->fault, static_cast<std::uint64_t>(reply.fault));
    vcd.set(signals_->translation_cycles, reply.first_level_hit ? 0 : reply.cost.total());
    if (reply.fault == Fault::none) {
      vcd.set(signals_->pa, reply.translation.pfn << page_shift | (va & (page_bytes - 1)));
    }
  }
  waveform_.sample_counters();
}

}  // namespace kilburn::platform
