#include "platform/waveform/waveform.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "burst_tlb/with_large_pages.h"
#include "common/error.h"
#include "platform/node/first_level_tlb.h"
#include "platform/process/command_files.h"
#include "platform/waveform/tlb_signals.h"

namespace kilburn::platform {

namespace {

constexpr std::size_t accesses_before_mismatch = 1000;

VcdWriter::Window window_of(const WaveformOptions& options, bool waits) {
  if (waits) return {.from = UINT64_MAX};
  return {.from = options.from,
          .until = options.until,
          .before_trigger = options.on_mismatch ? accesses_before_mismatch : 0};
}

bool lies_in(std::string_view path, std::string_view scope) {
  return path.starts_with(scope) && path.size() > scope.size() && path[scope.size()] == '.';
}

}  // namespace

void add_waveform(CommandFiles& files, const WaveformOptions& options) {
  if (options.file.empty()) return;
  files.writes("--vcd", options.file);
  const FileIdentity file(options.file);
  if (file.exists() && !file.is_regular()) return;  // it gets no save file
  files.writes("the save file of --vcd,", gtkwave_save_file(options.file));
  for (const ValueNames* names : {&access_names, &privilege_names, &fault_names}) {
    files.writes("names of values of --vcd,", gtkwave_names_file(options.file, *names));
  }
}

Waveform::Waveform(const WaveformOptions& options, Clock clock)
    : options_(options),
      clock_(clock),
      file_(options.file),
      size_(options.file),
      vcd_(file_.target(), "1ps",
           window_of(options, options.from_first_lookup && !options.on_mismatch),
           clock.period().value()),
      waits_(options.from_first_lookup && !options.on_mismatch) {}

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
      config.implementation != mmu::Implementation::model, config.units(), std::move(now),
      [this] { looked_up(); }));
  tlb->watch(tlbs_.back().get());
  return burst_tlb::with_large_pages(config, std::move(tlb));
}

VcdWriter::Signal Waveform::add_hart_signal(const std::string& name, unsigned width,
                                            std::optional<WaveformSignal::Format> format,
                                            const ValueNames* names) {
  if (format) {
    const std::string range = width > 1 ? fmt::format("[{}:0]", width - 1) : "";
    hart_.push_back({fmt::format("hart.{}{}", name, range), *format, names});
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
  if (counters_.empty() || waits_ || !covers(vcd_.now())) return;
  const std::vector<StatisticValue> list = statistics_list(statistics_);
  for (const CounterSignal& counter : counters_) {
    vcd_.set(counter.signal, std::get<std::uint64_t>(list[counter.statistic].value));
  }
}

void Waveform::accessed() {
  if (waits_ && tlbs_.empty()) begin();
  constexpr std::uint64_t looks_every = 1 << 16;
  if (++accesses_ % looks_every == 0) size_.look();
}

void Waveform::looked_up() {
  if (waits_) begin();
  if (!first_lookup_ && covers(vcd_.now())) first_lookup_ = vcd_.now();
}

void Waveform::begin() {
  waits_ = false;
  options_.from = vcd_.now();
  options_.until = options_.from + std::min(default_window, UINT64_MAX - options_.from);
  vcd_.set_window(window_of(options_, false));
  if (begun_) begun_();
}

/// What the user might miss in the waveform.
void Waveform::report_missing_part() const {
  const std::string file = options_.file.string();
  if (waits_) {
    fmt::print(stderr, "kilburn: {} shows nothing: {}\n", file,
               tlbs_.empty()
                   ? "there was no access"
                   : "nothing was looked up in the TLBs that it shows: --vcd-from 0 shows "
                     "the rest of the run");
  } else if (options_.from_first_lookup && vcd_.now() >= options_.until) {
    fmt::print(stderr,
               "kilburn: {} shows {} cycles from the first {} on, {} to {}: --vcd-from and "
               "--vcd-until choose others, --vcd-from 0 all\n",
               file, default_window, tlbs_.empty() ? "access" : "look-up", options_.from,
               options_.until);
  } else if (!options_.from_first_lookup && vcd_.now() < options_.from) {
    fmt::print(stderr, "kilburn: --vcd-from {}: {} shows nothing: the run ended before\n",
               options_.from, file);
  }
}

void Waveform::mismatch() {
  if (options_.on_mismatch) vcd_.trigger();
}

void Waveform::finish() {
  try {
    vcd_.finish();
  } catch (const InputError&) {
    file_.finish();  // which knows its name, and why
    throw;
  }
  file_.finish();
  if (!options_.on_mismatch) report_missing_part();
  std::vector<WaveformGroup> groups;
  if (!hart_.empty()) groups.push_back({"hart", hart_});
  for (const auto& tlb : tlbs_) std::ranges::copy(tlb->groups(), std::back_inserter(groups));
  // A little of what was before it.
  const auto before = [](Cycles time, Cycles cycles) { return time - std::min(time, cycles); };
  const Cycles start = options_.on_mismatch ? before(vcd_.now(), 40)
                       : first_lookup_      ? std::max(before(*first_lookup_, 4), options_.from)
                       : waits_             ? 0
                                            : options_.from;
  write_gtkwave_save(options_.file, groups, start * clock_.period().value(),
                     clock_.period().value());
}

}  // namespace kilburn::platform
