#include "burst_tlb/large_page_tlb.h"

#include <algorithm>

#include "burst_tlb/tag.h"

namespace kilburn::burst_tlb {

LargePageTlb::Hit LargePageTlb::lookup(const Comparand& comparand) {
  const std::uint64_t own = pack(comparand.context, false);
  const std::uint64_t global = pack(comparand.context, true);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (!entry.covers(comparand.vpn, own, global)) continue;
    if (comparand.access == Access::store && !(entry.translation.permissions & pte::dirty))
      continue;
    replacement_.touch(0, i);
    Translation translation = entry.translation;
    const PageNumber within = (PageNumber{1} << translation.piece_order()) - 1;
    translation.pfn = (translation.pfn & ~within) | (comparand.vpn & within);
    translation.vpn = comparand.vpn;
    return {true, translation};
  }
  return {};
}

void LargePageTlb::fill(const Translation& translation, Context context) {
  const std::uint64_t packed = pack(context, translation.global());
  const auto same = std::ranges::find_if(
      entries_, [&](const Entry& e) { return e.covers(translation.vpn, packed, packed); });
  auto at = static_cast<std::uint32_t>(same - entries_.begin());
  if (same == entries_.end()) {
    const auto is_free = [&](std::uint32_t i) { return !entries_[i].valid; };
    at = replacement_.way_to_fill(0, is_free).way;
  }
  Entry& entry = entries_[at];
  if (!entry.valid) ++live_;
  entry = {true, packed, translation};
  replacement_.touch(0, at);
}

unsigned LargePageTlb::invalidate(const Invalidation& invalidation) {
  unsigned cleared = 0;
  for (Entry& entry : entries_) {
    const Translation& t = entry.translation;
    if (entry.valid && reaches(invalidation, unpack(entry.context), t.global()) &&
        reaches_leaf(invalidation, t.vpn, t.pfn, t.order)) {
      entry.valid = false;
      ++cleared;
    }
  }
  live_ -= cleared;
  return cleared;
}

std::uint64_t LargePageTlb::reach_bytes() const {
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries_) {
    if (entry.valid) bytes += page_bytes << entry.translation.piece_order();
  }
  return bytes;
}

}  // namespace kilburn::burst_tlb
