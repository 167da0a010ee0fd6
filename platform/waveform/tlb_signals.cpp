#include "platform/waveform/tlb_signals.h"

#include <fmt/format.h>

#include "common/context_widths.h"

namespace kilburn::platform {

TlbSignals::TlbSignals(VcdWriter& vcd, std::string scope, bool model, bool rtl, std::uint32_t units,
                       std::function<std::optional<Cycles>()> now, std::function<void()> looked_up)
    : vcd_(vcd),
      scope_(std::move(scope)),
      units_(units),
      now_(std::move(now)),
      looked_up_(std::move(looked_up)) {
  const auto add = [&](const char* name, unsigned width) { return vcd_.add(scope_, name, width); };
  requests_ = {.lookup_valid = add("lookup_valid_i", 1),
               .lookup_vpn = add("lookup_vpn_i", 52),
               .lookup_asid = add("lookup_asid_i", context_widths::asid),
               .lookup_vmid = add("lookup_vmid_i", context_widths::vmid),
               .lookup_realm = add("lookup_realm_i", context_widths::realm),
               .lookup_store = add("lookup_store_i", 1),
               .fill_valid = add("fill_valid_i", 1),
               .fill_vpn = add("fill_vpn_i", 52),
               .fill_asid = add("fill_asid_i", context_widths::asid),
               .fill_vmid = add("fill_vmid_i", context_widths::vmid),
               .fill_realm = add("fill_realm_i", context_widths::realm),
               .fill_unit = add("fill_unit_i", 60),
               .invalidate_valid = add("invalidate_valid_i", 1),
               .invalidate_operation = add("invalidate_operation_i", 3),
               .invalidate_page = add("invalidate_page_i", 52),
               .invalidate_pages = add("invalidate_pages_i", 52),
               .invalidate_asid = add("invalidate_asid_i", context_widths::asid),
               .invalidate_vmid = add("invalidate_vmid_i", context_widths::vmid),
               .invalidate_realm = add("invalidate_realm_i", context_widths::realm)};
  if (model) model_ = add_results(scope_ + ".model");
  if (rtl) rtl_ = add_results(scope_ + ".rtl");
  if (model && rtl) mismatch_ = add("mismatch", 1);
}

TlbSignals::Results TlbSignals::add_results(const std::string& scope) const {
  const auto add = [&](const char* name, unsigned width) { return vcd_.add(scope, name, width); };
  return {.lookup_valid = add("lookup_valid_o", 1),
          .lookup_outcome = add("lookup_outcome_o", 2),
          .lookup_entry = add("lookup_entry_o", 16),
          .lookup_unit = add("lookup_unit_o", 60),
          .fill_valid = add("fill_valid_o", 1),
          .fill_entry = add("fill_entry_o", 16),
          .fill_in_place = add("fill_in_place_o", 1),
          .fill_written = add("fill_written_o", units_),
          .fill_evicted = add("fill_evicted_o", units_),
          .invalidate_valid = add("invalidate_valid_o", 1),
          .invalidate_cleared = add("invalidate_cleared_o", 24)};
}

void TlbSignals::observe(const burst_tlb::PortActivity& activity) {
  if (now_) {
    const std::optional<Cycles> now = now_();
    if (!now) return;
    vcd_.at(*now);
  }
  // Several cycles of the port at one cycle of the platform follow one by one.
  if (last_ && vcd_.now() <= *last_) vcd_.at(*last_ + 1);
  last_ = vcd_.now();
  if (activity.requests.lookup != nullptr) looked_up_();
  show(activity.requests);
  if (activity.model != nullptr) show(*model_, *activity.model);
  if (activity.rtl != nullptr) show(*rtl_, *activity.rtl);
  if (mismatch_) vcd_.set(*mismatch_, activity.mismatch ? 1 : 0);
}

void TlbSignals::show(const burst_tlb::PortRequests& requests) {
  if (const burst_tlb::Comparand* lookup = requests.lookup; lookup != nullptr) {
    vcd_.pulse(requests_.lookup_valid);
    vcd_.set(requests_.lookup_vpn, lookup->vpn);
    vcd_.set(requests_.lookup_asid, lookup->context.asid);
    vcd_.set(requests_.lookup_vmid, lookup->context.vmid);
    vcd_.set(requests_.lookup_realm, lookup->context.realm);
    vcd_.set(requests_.lookup_store, lookup->access == Access::store ? 1 : 0);
  }
  if (const burst_tlb::FillRequest* fill = requests.fill; fill != nullptr) {
    vcd_.pulse(requests_.fill_valid);
    vcd_.set(requests_.fill_vpn, fill->translation.vpn);
    vcd_.set(requests_.fill_asid, fill->context.asid);
    vcd_.set(requests_.fill_vmid, fill->context.vmid);
    vcd_.set(requests_.fill_realm, fill->context.realm);
    vcd_.set(requests_.fill_unit, burst_tlb::BurstTlb::Unit(fill->translation).word());
  }
  if (const Invalidation* invalidation = requests.invalidate; invalidation != nullptr) {
    const bool frames = invalidation->operation == Invalidation::Operation::by_frame;
    vcd_.pulse(requests_.invalidate_valid);
    vcd_.set(requests_.invalidate_operation, burst_tlb::operation_number(invalidation->operation));
    vcd_.set(requests_.invalidate_page, frames ? invalidation->pfn : invalidation->vpn);
    vcd_.set(requests_.invalidate_pages, invalidation->pages);
    vcd_.set(requests_.invalidate_asid, invalidation->context.asid);
    vcd_.set(requests_.invalidate_vmid, invalidation->context.vmid);
    vcd_.set(requests_.invalidate_realm, invalidation->context.realm);
  }
}

void TlbSignals::show(const Results& signals, const burst_tlb::PortResults& results) {
  if (results.lookup_valid) {
    vcd_.pulse(signals.lookup_valid);
    vcd_.set(signals.lookup_outcome, static_cast<std::uint64_t>(results.lookup_outcome));
    vcd_.set(signals.lookup_entry, results.lookup_entry);
    vcd_.set(signals.lookup_unit, results.lookup_unit);
  }
  if (results.fill_valid) {
    vcd_.pulse(signals.fill_valid);
    vcd_.set(signals.fill_entry, results.fill_entry);
    vcd_.set(signals.fill_in_place, results.fill_in_place ? 1 : 0);
    vcd_.set(signals.fill_written, results.fill_written);
    vcd_.set(signals.fill_evicted, results.fill_evicted);
  }
  if (results.invalidate_valid) {
    vcd_.pulse(signals.invalidate_valid);
    vcd_.set(signals.invalidate_cleared, results.invalidate_cleared);
  }
}

std::vector<WaveformGroup> TlbSignals::groups() const {
  using enum WaveformSignal::Format;
  const auto path = [&](const std::string& name) { return scope_ + "." + name; };
  std::vector<WaveformGroup> groups{
      {scope_ + " requests",
       {{path("lookup_valid_i"), binary},
        {path("lookup_vpn_i[51:0]"), hexadecimal},
        {path("fill_valid_i"), binary},
        {path("fill_vpn_i[51:0]"), hexadecimal},
        {path("invalidate_valid_i"), binary},
        {path("invalidate_operation_i[2:0]"), decimal, &burst_tlb::operation_names}}}};
  for (const auto& [side, shown] :
       {std::pair{"model", model_.has_value()}, std::pair{"rtl", rtl_.has_value()}}) {
    if (!shown) continue;
    const std::string results = fmt::format("{}.{}.", scope_, side);
    groups.push_back({fmt::format("{} {}", scope_, side),
                      {{results + "lookup_valid_o", binary},
                       {results + "lookup_outcome_o[1:0]", decimal, &burst_tlb::outcome_names},
                       {results + "lookup_entry_o[15:0]", decimal},
                       {results + "lookup_unit_o[59:0]", hexadecimal},
                       {results + "fill_valid_o", binary},
                       {results + "fill_in_place_o", binary},
                       {results + "fill_entry_o[15:0]", decimal},
                       {results + "invalidate_valid_o", binary},
                       {results + "invalidate_cleared_o[23:0]", decimal}}});
  }
  if (mismatch_) groups.push_back({scope_ + " compared", {{path("mismatch"), binary}}});
  return groups;
}

}  // namespace kilburn::platform
