#include "burst_tlb/burst_tlb_rtl.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <stdexcept>

#include "common/error.h"

namespace kilburn::burst_tlb {

TlbConfig RtlParameters::model() const {
  return {.organisation = Organisation::burst,
          .entries = entries,
          .ways = ways == entries ? 0 : ways,
          .units_per_tag = burst,
          .context_in = context_in_tag ? ContextIn::tag : ContextIn::tdu,
          .fill = line_fill ? FillPolicy::line : FillPolicy::single,
          .replacement = tree_plru ? Replacement::tree_plru : Replacement::round_robin,
          .large_pages = LargePages::replicate,
          .hit_cycles = latency};
}

bool RtlParameters::builds(const TlbConfig& config) const {
  const TlbConfig own = model();
  const bool burst_organisation = config.organisation == Organisation::burst ||
                                  config.organisation == Organisation::conventional;
  return burst_organisation && config.entries == own.entries &&
         config.associativity() == own.associativity() && config.units() == own.units() &&
         config.context_in == own.context_in &&
         (config.fill == own.fill || own.units_per_tag == 1) &&
         config.replacement == own.replacement && config.hit_cycles == own.hit_cycles;
}

std::string RtlParameters::text() const {
  return fmt::format(
      "ENTRIES={} WAYS={} BURST={} CONTEXT_IN_TAG={:d} LINE_FILL={:d} TREE_PLRU={:d} LATENCY={} "
      "VPN_WIDTH={} PFN_WIDTH={} ASID_WIDTH={} VMID_WIDTH={} REALM_WIDTH={} COUNTER_WIDTH={}",
      entries, ways, burst, context_in_tag, line_fill, tree_plru, latency, vpn_width, pfn_width,
      asid_width, vmid_width, realm_width, counter_width);
}

static std::string names() {
  std::string text;
  for (const RtlConfiguration& each : rtl_configurations()) {
    text += fmt::format("\n  {}: {}", each.name, each.parameters.text());
  }
  return text;
}

const RtlConfiguration& rtl_configuration(std::string_view name) {
  const auto all = rtl_configurations();
  const auto found = std::ranges::find(all, name, &RtlConfiguration::name);
  if (found == all.end()) {
    throw InputError(
        fmt::format("no RTL configuration \"{}\": this build has{}\nanother one is added by "
                    "cmake -DKILBURN_BURST_TLB_RTL=\"name:ENTRIES=32,WAYS=4,...\"",
                    name, names()));
  }
  return *found;
}

const RtlConfiguration& rtl_configuration(const TlbConfig& config) {
  for (const RtlConfiguration& each : rtl_configurations()) {
    if (each.parameters.builds(config)) return each;
  }
  const bool has_replacement = config.replacement == Replacement::tree_plru ||
                               config.replacement == Replacement::round_robin;
  throw InputError(fmt::format(
      "no RTL of this TLB is built: organisation must be burst or conventional, replacement "
      "{}; {} entries, {} ways, {} units, context in {}, fill {}, hit_cycles {} must be one of{}\n"
      "another one is added by cmake -DKILBURN_BURST_TLB_RTL=\"name:ENTRIES=32,WAYS=4,...\"",
      has_replacement ? "is" : "tree_plru or round_robin", config.entries, config.associativity(),
      config.units(), config.context_in == ContextIn::tag ? "tag" : "tdu",
      config.fill == FillPolicy::line ? "line" : "single", config.hit_cycles, names()));
}

std::unique_ptr<BurstTlbRtl> make_rtl(const RtlConfiguration& configuration) {
  std::unique_ptr<BurstTlbRtl> rtl = configuration.make();
  if (const RtlParameters seen = rtl->elaborated(); seen != configuration.parameters) {
    throw std::logic_error(fmt::format("RTL configuration {}: expected {}\nelaborated {}",
                                       configuration.name, configuration.parameters.text(),
                                       seen.text()));
  }
  return rtl;
}

namespace {
constexpr std::string_view outcomes[] = {"hit", "miss_tag", "miss_unit", "miss_content"};
// By operation_number.
constexpr std::string_view operations[] = {"all",   "by_vmid",  "by_asid", "by_va_asid",
                                           "by_va", "by_realm", "by_frame"};
}  // namespace

const ValueNames outcome_names{"outcome", outcomes};
const ValueNames operation_names{"operation", operations};

std::vector<WaveformGroup> waveform_groups(const RtlParameters& parameters) {
  using enum WaveformSignal::Format;
  const auto signal = [](std::string_view scope, std::string_view name, std::uint32_t width,
                         WaveformSignal::Format format,
                         const ValueNames* names = nullptr) -> WaveformSignal {
    const std::string path = fmt::format("TOP.burst_tlb_cosim.{}.{}", scope, name);
    if (width == 1) return {path, binary};
    return {fmt::format("{}[{}:0]", path, width - 1), format, names};
  };
  const auto rtl = [&](std::string_view name, std::uint32_t width, WaveformSignal::Format format) {
    return signal("rtl", name, width, format);
  };
  const std::uint32_t entry =
      std::max(1u, static_cast<std::uint32_t>(std::bit_width(parameters.entries - 1)));
  const auto cleared =
      static_cast<std::uint32_t>(std::bit_width(parameters.entries * parameters.burst));
  const std::uint32_t unit = parameters.pfn_width + 16;
  std::vector<WaveformGroup> groups{
      {"requests",
       {rtl("clk_i", 1, binary), rtl("lookup_valid_i", 1, binary), rtl("lookup_ready_o", 1, binary),
        rtl("lookup_vpn_i", parameters.vpn_width, hexadecimal),
        rtl("lookup_asid_i", parameters.asid_width, hexadecimal), rtl("fill_valid_i", 1, binary),
        rtl("fill_vpn_i", parameters.vpn_width, hexadecimal), rtl("invalidate_valid_i", 1, binary),
        rtl("invalidate_ready_o", 1, binary),
        signal("rtl", "invalidate_operation_i", 3, decimal, &operation_names)}}};
  for (const std::string_view scope : {"rtl", "model"}) {
    groups.push_back(
        {std::string(scope),
         {signal(scope, "lookup_valid_o", 1, binary),
          signal(scope, "lookup_outcome_o", 2, decimal, &outcome_names),
          signal(scope, "lookup_entry_o", entry, decimal),
          signal(scope, "lookup_unit_o", unit, hexadecimal),
          signal(scope, "fill_valid_o", 1, binary), signal(scope, "fill_in_place_o", 1, binary),
          signal(scope, "fill_entry_o", entry, decimal),
          signal(scope, "fill_written_o", parameters.burst, binary),
          signal(scope, "fill_evicted_o", parameters.burst, binary),
          signal(scope, "invalidate_valid_o", 1, binary),
          signal(scope, "invalidate_cleared_o", cleared, decimal)}});
  }
  groups.push_back({"compared", {signal("model", "mismatch", 1, binary)}});
  return groups;
}

}  // namespace kilburn::burst_tlb
