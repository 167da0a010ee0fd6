#include "platform/report/area/rtl_geometry.h"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <utility>

namespace kilburn::platform::report {

namespace {

constexpr std::pair<std::string_view, unsigned RtlGeometry::*> parameters[] = {
    {"ENTRIES", &RtlGeometry::entries},
    {"WAYS", &RtlGeometry::ways},
    {"BURST", &RtlGeometry::burst},
    {"CONTEXT_IN_TAG", &RtlGeometry::context_in_tag},
    {"LINE_FILL", &RtlGeometry::line_fill},
    {"TREE_PLRU", &RtlGeometry::tree_plru},
    {"VPN_WIDTH", &RtlGeometry::vpn_width},
    {"PFN_WIDTH", &RtlGeometry::pfn_width},
    {"ASID_WIDTH", &RtlGeometry::asid_width},
    {"VMID_WIDTH", &RtlGeometry::vmid_width},
    {"REALM_WIDTH", &RtlGeometry::realm_width},
};

bool legal(const RtlGeometry& geometry) {
  return geometry.entries > 0 && geometry.ways > 0 && geometry.entries % geometry.ways == 0 &&
         std::has_single_bit(geometry.sets()) && std::has_single_bit(geometry.burst) &&
         geometry.vpn_width > static_cast<unsigned>(std::countr_zero(geometry.burst) +
                                                    std::countr_zero(geometry.sets()));
}

/// False where `word` is not NAME=number.
bool read_word(std::string_view word, RtlGeometry& geometry) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view digits = word.substr(equals + 1);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
  if (error != std::errc{} || end != digits.end()) return false;
  for (const auto& [name, member] : parameters) {
    if (name == word.substr(0, equals)) geometry.*member = value;
  }
  return true;
}

RtlGeometry canonical(RtlGeometry geometry) {
  constexpr RtlGeometry defaults;
  if (geometry.burst == 1) geometry.line_fill = defaults.line_fill;
  if (geometry.ways == 1) geometry.tree_plru = defaults.tree_plru;
  return geometry;
}

}  // namespace

unsigned RtlGeometry::tag_bits() const {
  const auto selected = static_cast<unsigned>(std::countr_zero(burst) + std::countr_zero(sets()));
  const unsigned context = 1 + asid_width + vmid_width + realm_width;
  return vpn_width - selected + (context_in_tag != 0 ? context : 0);
}

std::optional<RtlGeometry> parse_rtl_geometry(std::string_view text) {
  RtlGeometry geometry;
  for (std::size_t begin = text.find_first_not_of(' '); begin != std::string_view::npos;) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (!read_word(text.substr(begin, end - begin), geometry)) return std::nullopt;
    begin = text.find_first_not_of(' ', end);
  }
  if (!legal(geometry)) return std::nullopt;
  return canonical(geometry);
}

std::string to_text(const RtlGeometry& geometry) {
  std::string text;
  for (const auto& [name, member] : parameters) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", name, geometry.*member);
  }
  return text;
}

std::optional<RtlCounterpart> rtl_counterpart(const burst_tlb::TlbConfig& config, PagingMode mode) {
  using burst_tlb::Organisation;
  if (config.organisation != Organisation::burst &&
      config.organisation != Organisation::conventional) {
    return std::nullopt;
  }
  RtlCounterpart counterpart;
  RtlGeometry& geometry = counterpart.geometry;
  geometry.entries = config.entries;
  geometry.ways = config.associativity();
  geometry.burst = config.units();
  geometry.context_in_tag = config.context_in == burst_tlb::ContextIn::tag ? 1 : 0;
  geometry.line_fill = config.fill == burst_tlb::FillPolicy::line ? 1 : 0;
  geometry.vpn_width = static_cast<unsigned>(virtual_bits(mode) - page_shift);
  counterpart.exact = config.replacement == Replacement::tree_plru ||
                      config.replacement == Replacement::round_robin;
  const bool tree = counterpart.exact ? config.replacement == Replacement::tree_plru
                                      : std::has_single_bit(geometry.ways);
  geometry.tree_plru = tree ? 1 : 0;
  if (!legal(geometry)) return std::nullopt;
  geometry = canonical(geometry);
  return counterpart;
}

}  // namespace kilburn::platform::report
