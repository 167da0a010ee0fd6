#include "platform/report/area/area_terms.h"

#include <algorithm>
#include <bit>

namespace kilburn::platform::report {

namespace {

using Terms = std::array<double, area_terms>;

// Gates of two inputs after Yosys's and ABC's mapping, which knows no multiplexer cell.
constexpr double comparator_bit = 3.3;  // an XNOR and its share of the tree of ANDs
constexpr double multiplexer_bit = 3;   // two ANDs and an OR
constexpr double valid_bit = 5;         // set, cleared, OR with its entry's other bits

/// A geometry's numbers as real ones, with the names that the RTL has for them.
struct Widths {
  explicit Widths(const RtlGeometry& at)
      : entries(at.entries),
        ways(at.ways),
        units(at.burst),
        asid(at.asid_width),
        vmid(at.vmid_width),
        context(1 + at.asid_width + at.vmid_width + at.realm_width),
        tag(at.tag_bits()),
        tag_context(at.context_in_tag != 0 ? context : 0),
        unit_context(at.context_in_tag != 0 ? 0 : context),
        tag_vpn(tag - tag_context),
        vpn(at.vpn_width),
        unit(at.pfn_width + 16),
        range(std::max(at.vpn_width, at.pfn_width) + 1),
        way_number(std::bit_width(at.ways - 1)),
        entry_number(std::max(1, static_cast<int>(std::bit_width(at.entries - 1)))) {}
  double entries, ways, units, asid, vmid, context, tag, tag_context, unit_context, tag_vpn, vpn;
  double unit, range, way_number, entry_number;
};

/// Words that the multiplexers before the comparators choose from, for one port. A way's entry is a
/// wired number where ways are a power of two, else set x WAYS + way, computed: then each way's
/// multiplexer has nearly all entries.
double selected(const RtlGeometry& at) {
  if (at.sets() == 1) return 0;
  if (std::has_single_bit(at.ways)) return at.entries - at.ways;
  constexpr double left_by_constants = 0.75;
  return left_by_constants * at.ways * (at.entries - 1);
}

/// Rows of the tags' registers: Yosys gives one to each number that a way may have, where ways are
/// all entries.
double tag_rows(const RtlGeometry& at) {
  return at.sets() == 1 ? std::bit_ceil(at.ways) : at.entries;
}

Terms gates(const RtlGeometry& at) {
  const Widths w(at);
  // burst_tlb.sv: match_tags compares the context twice (own and global), find_place once,
  // match_page its VMID and ASID.
  const double compared =
      3 * w.tag_vpn + (at.context_in_tag != 0 ? 3 * w.context + w.vmid + w.asid : 0);
  // Three ports select tags; selected of valid bits are the entry's, and the unit's among them.
  constexpr double ports = 3, valid_selections = 8;
  const double selection =
      selected(at) * multiplexer_bit * (ports * w.tag + valid_selections * w.units);
  // burst_tlb_invalidate.sv: two comparisons and an addition over the range, shifts by the order;
  // the context's where units hold it. With one unit there is none to select, and no neighbour.
  constexpr double invalidate_bit = 28, select_and_fill_bit = 14, context_bit = 17;
  const double unit = w.units * (invalidate_bit * w.range + context_bit * w.unit_context) +
                      (w.units - 1) * select_and_fill_bit * w.unit;
  // Who is written, touched, evicted: numbers of ways against each way's own; and the set's.
  constexpr double way_bit = 7, set_decoder = 3, ports_and_counters = 350;
  const double decoders = w.entries * (way_bit * w.way_number + set_decoder);
  return {multiplexer_bit * (tag_rows(at) - 1) * w.tag,
          selection,
          comparator_bit * w.ways * compared,
          valid_bit * w.entries * w.units,
          unit,
          decoders,
          ports_and_counters};
}

Terms flip_flops(const RtlGeometry& at) {
  const Widths w(at);
  const double cleared = std::bit_width(at.entries * at.burst);
  const double requested = w.vpn + w.context - 1 + 2;  // valid, and store or Svnapot
  const double tree = at.ways == 1 ? 0 : (at.tree_plru != 0 ? w.ways - 1 : w.way_number);
  // burst_tlb_request.sv holds a lookup, a fill with its neighbours, an invalidation.
  return {tag_rows(at) * w.tag,
          at.sets() * tree,
          2 * requested + w.unit,
          w.entries * w.units,
          w.units * (w.unit + 1 + 2),  // neighbours; gained and evicted of burst_tlb_live.sv
          4 + 2 * w.range + w.context - 1,
          w.entry_number + 3 * cleared + 1 + 10};  // scan, counts, fragments, counters of one bit
}

}  // namespace

std::string_view name_of(AreaMeasure measure) {
  return measure == AreaMeasure::gates ? "gates" : "flip_flops";
}

std::string_view area_term_name(AreaMeasure measure, std::size_t term) {
  static constexpr std::array<std::string_view, area_terms> of_gates = {
      "tag row read", "set selection", "comparators", "valid bits", "units", "decoders", "ports"};
  static constexpr std::array<std::string_view, area_terms> of_flip_flops = {
      "tags",       "replacement",          "requests", "valid bits",
      "neighbours", "invalidation request", "counts"};
  return measure == AreaMeasure::gates ? of_gates.at(term) : of_flip_flops.at(term);
}

Terms terms_of(AreaMeasure measure, const RtlGeometry& geometry) {
  return measure == AreaMeasure::gates ? gates(geometry) : flip_flops(geometry);
}

double unit_memory_bits(const RtlGeometry& geometry) {
  const Widths w(geometry);
  return w.entries * w.units * (w.unit + w.unit_context);
}

}  // namespace kilburn::platform::report
