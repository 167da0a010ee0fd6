#include "burst_tlb/burst_tlb_cosim.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "burst_tlb/burst_tlb_stimulus.h"

namespace kilburn::burst_tlb {

namespace {

constexpr std::string_view counter_names[] = {
    "lookups", "hits",         "miss_tag",  "miss_unit",     "miss_content",
    "fills",   "units_filled", "evictions", "units_evicted", "units_invalidated"};

std::string_view name_of(Outcome outcome) {
  constexpr std::string_view names[] = {"hit", "miss_tag", "miss_unit", "miss_content"};
  return names[static_cast<unsigned>(outcome)];
}

Difference differs(std::string_view signal, std::string expected, std::string seen) {
  return {.signal = std::string(signal), .expected = std::move(expected), .seen = std::move(seen)};
}
Difference differs(std::string_view signal, std::uint64_t expected, std::uint64_t seen) {
  return differs(signal, fmt::format("{:#x}", expected), fmt::format("{:#x}", seen));
}

}  // namespace

std::optional<Difference> difference(const PortResults& model, const PortResults& rtl) {
  if (model.lookup_valid != rtl.lookup_valid) {
    return differs("lookup_valid_o", model.lookup_valid, rtl.lookup_valid);
  }
  if (model.fill_valid != rtl.fill_valid) {
    return differs("fill_valid_o", model.fill_valid, rtl.fill_valid);
  }
  if (model.invalidate_valid != rtl.invalidate_valid) {
    return differs("invalidate_valid_o", model.invalidate_valid, rtl.invalidate_valid);
  }
  if (model.lookup_valid) {
    if (model.lookup_outcome != rtl.lookup_outcome) {
      return differs("lookup_outcome_o", std::string(name_of(model.lookup_outcome)),
                     std::string(name_of(rtl.lookup_outcome)));
    }
    if (model.lookup_outcome != Outcome::miss_tag && model.lookup_entry != rtl.lookup_entry) {
      return differs("lookup_entry_o", model.lookup_entry, rtl.lookup_entry);
    }
    if (model.lookup_outcome == Outcome::hit && model.lookup_unit != rtl.lookup_unit) {
      return differs("lookup_unit_o", model.lookup_unit, rtl.lookup_unit);
    }
  }
  if (model.fill_valid) {
    if (model.fill_in_place != rtl.fill_in_place) {
      return differs("fill_in_place_o", model.fill_in_place, rtl.fill_in_place);
    }
    if (model.fill_entry != rtl.fill_entry) {
      return differs("fill_entry_o", model.fill_entry, rtl.fill_entry);
    }
    if (model.fill_written != rtl.fill_written) {
      return differs("fill_written_o", model.fill_written, rtl.fill_written);
    }
    if (model.fill_evicted != rtl.fill_evicted) {
      return differs("fill_evicted_o", model.fill_evicted, rtl.fill_evicted);
    }
  }
  if (model.invalidate_valid && model.invalidate_cleared != rtl.invalidate_cleared) {
    return differs("invalidate_cleared_o", model.invalidate_cleared, rtl.invalidate_cleared);
  }
  return std::nullopt;
}

const PortResults& BurstTlbLockstep::cycle(const PortRequests& requests) {
  if (model_.ready() != rtl_.ready() && !difference_) {
    difference_ = differs("invalidate_ready_o", model_.ready(), rtl_.ready());
  }
  const PortResults& seen = rtl_.cycle(requests);
  rtl_results_ = &seen;
  const PortResults& expected = model_.cycle(requests);
  if (!difference_) compare(expected, seen);
  rtl_.show_model(expected, model_.unit_valid(), difference_.has_value());
  return expected;
}

void BurstTlbLockstep::compare(const PortResults& expected, const PortResults& seen) {
  difference_ = burst_tlb::difference(expected, seen);
  if (difference_) return;
  const auto model_valid = model_.unit_valid();
  const auto rtl_valid = rtl_.unit_valid();
  for (std::size_t word = 0; word < model_valid.size(); ++word) {
    if (model_valid[word] == rtl_valid[word]) continue;
    difference_ = differs(fmt::format("unit_valid_o[{}:{}]", 32 * word + 31, 32 * word),
                          model_valid[word], rtl_valid[word]);
    return;
  }
  // The RTL's wrap.
  const Counters rtl_counters = rtl_.counters();
  for (std::size_t i = 0; i < counters; ++i) {
    const std::uint64_t wrapped = model_.counters()[i] & counter_mask_;
    if (wrapped != rtl_counters[i]) {
      difference_ =
          differs(fmt::format("counters_o ({})", counter_names[i]), wrapped, rtl_counters[i]);
    }
  }
}

CosimResult cosimulate(const RtlParameters& parameters, BurstTlbRtl& rtl,
                       const CosimOptions& options) {
  BurstTlbLockstep both(parameters, rtl);
  RandomStimulus stimulus(parameters, options.seed);
  CosimResult result;
  while (result.operations < options.operations && !result.difference) {
    if (!options.waveform.empty()) {
      if (result.cycles == options.waveform_from) rtl.open_waveform(options.waveform);
      if (result.cycles == options.waveform_until) rtl.close_waveform();
    }
    const bool ready = both.ready();
    const PortRequests& requests = stimulus.next(ready);
    const PortResults& results = both.cycle(requests);
    if (results.lookup_valid && results.lookup_outcome != Outcome::hit) stimulus.missed();
    if (both.difference()) {
      result.difference = both.difference();
      result.difference->cycle = result.cycles;
      result.difference->operation = result.operations;
    }
    ++result.cycles;
    if (ready) {
      result.operations += requests.invalidate != nullptr
                               ? 1
                               : static_cast<unsigned>(requests.lookup != nullptr) +
                                     static_cast<unsigned>(requests.fill != nullptr);
    }
    if ((result.cycles & 0xFFFF) == 0) {
      if (options.progress) options.progress(result.operations);
      if (options.interrupt != nullptr && *options.interrupt) break;
    }
  }
  rtl.close_waveform();
  result.counters = both.model().counters();
  return result;
}

}  // namespace kilburn::burst_tlb
