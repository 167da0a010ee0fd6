// Storage of each organisation by part, and the bits that one access compares and reads.
#include <bit>

#include "burst_tlb/colt_fa_tlb.h"
#include "burst_tlb/tlb.h"
#include "common/context_widths.h"
#include "common/replacement.h"

namespace kilburn::burst_tlb {

namespace {

constexpr std::uint64_t context = context_widths::all + 1;  // and the global bit
constexpr std::uint64_t permissions = 7 + 2;
constexpr std::uint64_t order_class = 3;
/// What a translation holds beside its frame.
constexpr std::uint64_t rights = permissions + order_class;

/// To tell `count` things apart.
std::uint64_t index_bits(std::uint64_t count) {
  return static_cast<std::uint64_t>(std::bit_width(count - 1));
}

/// Of one entry of the array.
struct EntryBits {
  std::uint64_t tag = 0;
  std::uint64_t units = 0;    ///< valid bits included
  std::uint64_t content = 1;  ///< compared after selection: D for a store, and a context held there
  std::uint64_t unit = 0;     ///< read by a hit
  std::uint64_t row = 0;      ///< read by a hit that brings the whole entry
};

EntryBits entry_bits(const TlbConfig& config, std::uint64_t vpn) {
  const std::uint64_t units = config.units();
  const std::uint64_t unit_bits = index_bits(units);
  constexpr std::uint64_t translation = pte::pfn_bits + rights;
  EntryBits entry;
  entry.tag = vpn - unit_bits - index_bits(config.sets());
  if (config.context_in == ContextIn::tag) entry.tag += context;
  switch (config.organisation) {
    case Organisation::burst:
    case Organisation::conventional:
      entry.unit = translation + (config.context_in == ContextIn::tdu ? context : 0);
      if (config.context_in == ContextIn::tdu) entry.content += context;
      entry.units = units * (1 + entry.unit);
      entry.row = entry.units;
      break;
    case Organisation::contiguous:
      entry.unit = translation;
      entry.units = entry.row = units + translation;
      break;
    case Organisation::clustered:
      entry.unit = translation;  // the cluster, and the frame's place in it
      entry.units = entry.row = units * (1 + unit_bits) + translation - unit_bits;
      break;
    case Organisation::colt_fa:
      entry.tag += ColtFaTlb::length_bits;
      entry.unit = translation;
      entry.row = translation;
      entry.units = 1 + translation;
      break;
  }
  return entry;
}

}  // namespace

StorageBits storage_bits(const TlbConfig& config, PagingMode mode) {
  const std::uint64_t vpn = virtual_bits(mode) - page_shift;
  const EntryBits entry = entry_bits(config, vpn);
  StorageBits bits;
  bits.tags = config.entries * entry.tag;
  bits.units = config.entries * entry.units;
  bits.replacement = config.sets() * replacement_bits(config.replacement, config.associativity());
  bits.cam = bits.tags;
  bits.compared = config.associativity() * entry.tag + entry.content;
  bits.unit_read = entry.unit;
  bits.entry_read = entry.row;
  if (config.has_side()) {
    const std::uint64_t tag = vpn - napot_order + context;
    const std::uint64_t tags = config.side_entries * tag;
    bits.large_pages = tags + config.side_entries * (1 + pte::pfn_bits + rights) +
                       replacement_bits(Replacement::lru, config.side_entries);
    bits.cam += tags;
    bits.compared += tags;
  }
  bits.total = bits.tags + bits.units + bits.replacement + bits.large_pages;
  return bits;
}

void show(StatisticVisitor& v, std::string_view name, const TlbStatistics& counted,
          std::uint64_t reach_bytes, const StorageBits& storage, bool wide_read) {
  v.enter(name);
  counted.visit(v);
  v.counter("reach_bytes", reach_bytes, "bytes", "bytes that the live units map, at the end");
  v.counter("storage_bits", storage.total, "bits", "all that it stores, large-page TLB included");
  v.counter("cam_bits", storage.cam, "bits", "of them in tags, large pages included");
  v.counter("tag_bits", storage.tags, "bits", "of them in the array's tags");
  v.counter("unit_bits", storage.units, "bits", "of them in the array's units and valid bits");
  v.counter("large_page_bits", storage.large_pages, "bits", "of them in the large-page TLB");
  v.counter("replacement_bits", storage.replacement, "bits",
            "of them in the array's replacement state");
  v.counter(
      "compared_bits", storage.compared, "bits",
      "bits that one look-up compares: the tags of its set, D and context of the unit selected, "
      "the large-page TLB's tags");
  v.counter("read_bits", wide_read ? storage.entry_read : storage.unit_read, "bits",
            "bits that one hit reads: a unit, or the whole entry where that refills the level "
            "above");
  v.ratio("reach_per_bit", reach_bytes, storage.total, "bytes/bit", "reach a bit of storage");
  v.ratio("reach_per_cam_bit", reach_bytes, storage.cam, "bytes/bit", "reach a bit of tags");
  v.leave();
}

}  // namespace kilburn::burst_tlb
