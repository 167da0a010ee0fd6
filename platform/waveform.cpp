#include "platform/waveform.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "common/error.h"
#include "platform/first_level_tlb.h"
#include "platform/tlb_signals.h"

namespace kilburn::platform {

namespace {

constexpr std::size_t accesses_before_mismatch = 1000;

VcdWriter::Window window_of(const WaveformOptions& options) {
  return {.from = options.from,
          .until = options.until,
          .before_trigger = options.on_mismatch ? accesses_before_mismatch : 0};
}

bool lies_in(std::string_view path, std::string_view scope) {
  return path.starts_with(scope) && path.size() > scope.size() && path[scope.size()] == '.';
}

}  // namespace

Waveform::Waveform(const WaveformOptions& options, Clock clock)
    : options_(options),
      clock_(clock),
      vcd_(options.file, "1ps", window_of(options), clock.period().value()) {}

Waveform::~Waveform() = default;

bool Waveform::shows(std::string_view scope) const {
  return std::ranges::find(options_.scopes, scope) != options_.scopes.end();
}

std::unique_ptr<burst_tlb::Tlb> Waveform::make_tlb(const mmu::FirstLevelConfig& config,
                                                   std::string_view path, Now now) {
  const bool has_ports = config.organisation == burst_tlb::Organisation::burst ||
                         config.organisation == burst_tlb::Organisation::conventional;
  if (!shows(path) || !has_ports) return make_first_level_tlb(config, path);
  std::unique_ptr<burst_tlb::PortTlb> tlb = config.implementation == mmu::Implementation::model
                                                ? burst_tlb::PortTlb::of_model(config)
                                                : make_rtl_tlb(config, path);
  tlbs_.push_back(std::make_unique<TlbSignals>(
      vcd_, std::string(path), config.implementation != mmu::Implementation::rtl,
      config.implementation != mmu::Implementation::model, config.units(), std::move(now)));
  tlb->watch(tlbs_.back().get());
  return tlb;
}

VcdWriter::Signal Waveform::add_hart_signal(const std::string& name, unsigned width,
                                            std::optional<WaveformSignal::Format> format) {
  if (format) {
    const std::string range = width > 1 ? fmt::format("[{}:0]", width - 1) : "";
    hart_.push_back({fmt::format("hart.{}{}", name, range), *format});
  }
  return vcd_.add("hart", name, width);
}

void Waveform::show_counters(VisitStatistics statistics) {
  statistics_ = std::move(statistics);
  const std::vector<StatisticValue> list = statistics_list(statistics_);
  std::set<std::string> blocks{"hart", "mmu.itlb", "mmu.dtlb"};
  for (const StatisticValue& value : list)
    blocks.insert(value.path.substr(0, value.path.rfind('.')));
  for (const std::string& scope : options_.scopes) {
    const bool ports =
        std::ranges::any_of(tlbs_, [&](const auto& tlb) { return tlb->scope() == scope; });
    if (ports || scope == "hart") continue;
    bool found = false;
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (!lies_in(list[i].path, scope)) continue;
      found = true;
      if (!std::holds_alternative<std::uint64_t>(list[i].value)) continue;
      const std::size_t dot = list[i].path.rfind('.');
      counters_.push_back(
          {vcd_.add(list[i].path.substr(0, dot), list[i].path.substr(dot + 1), 64), i});
    }
    if (!found) {
      throw InputError(fmt::format("--trace-scope {}: no such block: allowed are {}", scope,
                                   fmt::join(blocks, ", ")));
    }
  }
}

void Waveform::sample_counters() {
  if (counters_.empty() || !covers(vcd_.now())) return;
  const std::vector<StatisticValue> list = statistics_list(statistics_);
  for (const CounterSignal& counter : counters_) {
    vcd_.set(counter.signal, std::get<std::uint64_t>(list[counter.statistic].value));
  }
}

void Waveform::mismatch() {
  if (options_.on_mismatch) vcd_.trigger();
}

void Waveform::finish() {
  vcd_.finish();
  if (!options_.on_mismatch && vcd_.now() < options_.from) {
    fmt::print(stderr, "kilburn: --vcd-from {}: {} shows nothing: the run ended before\n",
               options_.from, options_.file.string());
  }
  std::vector<WaveformGroup> groups;
  if (!hart_.empty()) groups.push_back({"hart", hart_});
  for (const auto& tlb : tlbs_) std::ranges::copy(tlb->groups(), std::back_inserter(groups));
  const Cycles start =
      options_.on_mismatch ? vcd_.now() - std::min<Cycles>(vcd_.now(), 40) : options_.from;
  write_gtkwave_save(options_.file, groups, start * clock_.period().value());
}

}  // namespace kilburn::platform
