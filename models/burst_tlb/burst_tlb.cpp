#include "burst_tlb/burst_tlb.h"

namespace kilburn::burst_tlb {

BurstTlb::BurstTlb(const TlbConfig& config)
    : units_(config.units()),
      unit_bits_(static_cast<unsigned>(std::countr_zero(units_))),
      sets_(config.sets()),
      ways_(config.associativity()),
      context_in_tag_(config.context_in == ContextIn::tag),
      line_fill_(config.fill == FillPolicy::line && units_ > 1),
      tags_(config.entries),
      valid_units_(config.entries, 0),
      unit_array_(std::size_t{config.entries} * units_),
      unit_contexts_(context_in_tag_ ? 0 : unit_array_.size()),
      live_in_set_(sets_, 0),
      replacement_(config.replacement, sets_, ways_, config.seed),
      time_(config.entries, config.hit_cycles) {}

Lookup BurstTlb::miss(const Comparand& /*comparand*/, const Match& found) {
  ++counted_.lookups;
  if (found.entry == none) {
    ++counted_.miss_tag;
    return {.outcome = Outcome::miss_tag};
  }
  if (!unit_valid(found.entry, found.selected)) {
    ++counted_.miss_unit;
    return {.outcome = Outcome::miss_unit, .entry = found.entry};
  }
  ++counted_.miss_content;
  return {.outcome = Outcome::miss_content, .entry = found.entry};
}

/// The OR of the entry's units has fallen to zero: it is free, with no tag write.
inline void BurstTlb::free_entry(std::uint32_t entry, std::uint32_t set) {
  assert(!entry_valid(entry) && "only an entry without valid units is free");
  tags_.erase(entry);
  --live_in_set_[set];
  if ((tags_[entry].context & global_context) != 0) --live_globals_;
}

/// Gives `tag` a free entry of its set, or the victim's: evicted whole, all its units.
inline BurstTlb::Place BurstTlb::allocate(const Tag& tag, std::uint32_t set) {
  const std::uint32_t first = set * ways_;
  const auto is_free = [&](std::uint32_t way) { return !entry_valid(first + way); };
  const auto [way, evicts] = replacement_.way_to_fill(set, is_free, live_in_set_[set] == ways_);
  Place place{first + way, 0};
  if (evicts) {
    place.units_evicted = static_cast<unsigned>(std::popcount(valid_units_[place.entry]));
    ++evictions_by_units_[place.units_evicted];
    valid_units_[place.entry] = 0;
    free_entry(place.entry, set);
  }
  ++live_in_set_[set];
  tags_.insert(tag, place.entry);
  if ((tag.context & global_context) != 0) ++live_globals_;
  return place;
}

inline void BurstTlb::write(std::uint32_t entry, const Translation& translation, Context context) {
  const std::size_t unit = unit_at(entry, unit_of(translation.vpn));
  unit_array_[unit] = Unit(translation);
  time_.wrote(translation.order);
  if (!context_in_tag_) unit_contexts_[unit] = pack(context, translation.global());
}

/// Installs those of `others` that the entry of `asked` covers and that are not there yet: a
/// neighbour never overwrites a live sibling. Returns their number.
unsigned BurstTlb::install_beside(std::uint32_t entry, const Translation& asked, Context context,
                                  std::span<const Translation> others) {
  const PageNumber first = asked.vpn & ~PageNumber{units_ - 1};
  const std::uint8_t permissions_in_tag = context_in_tag_ ? pte::global : 0;
  Unit* const units = &unit_array_[unit_at(entry, 0)];
  std::uint32_t valid = valid_units_[entry];
  unsigned installed = 0;
  for (const Translation& other : others) {
    const PageNumber unit = other.vpn - first;
    if (unit >= units_ || (valid >> unit & 1) != 0 ||
        ((other.permissions ^ asked.permissions) & permissions_in_tag) != 0) {
      continue;
    }
    units[unit] = Unit(other);
    if (!context_in_tag_) {
      unit_contexts_[unit_at(entry, static_cast<unsigned>(unit))] = pack(context, other.global());
    }
    time_.wrote(other.order);
    valid |= 1u << unit;
    ++installed;
  }
  valid_units_[entry] = valid;
  return installed;
}

/// The sixteen pages of the Svnapot leaf that holds `asked`.
static std::array<Translation, 1 << napot_order> pages_of_napot_leaf(const Translation& asked) {
  std::array<Translation, 1 << napot_order> pages;
  pages.fill(asked);
  for (PageNumber i = 0; i < pages.size(); ++i) {
    pages[i].vpn = asked.vpn / pages.size() * pages.size() + i;
    pages[i].pfn = asked.pfn / pages.size() * pages.size() + i;
  }
  return pages;
}

Fill BurstTlb::fill(const Translation& translation, Context context,
                    std::span<const Translation> neighbours) {
  ++counted_.fills;
  const Tag tag = tag_of(translation.vpn, context, translation.global());
  const std::uint32_t covering = tags_.find(tag);
  const bool in_place = covering != none;
  const auto [entry, evicted] =
      in_place ? Place{covering, 0} : allocate(tag, set_of(translation.vpn));
  touch(entry, translation.vpn);

  write(entry, translation, context);
  valid_units_[entry] |= 1u << unit_of(translation.vpn);
  unsigned filled = 1;
  // A Svnapot leaf fills all the units that it covers, whatever the fill policy.
  if (translation.order == napot_order && translation.verdict_order >= napot_order) {
    filled += install_beside(entry, translation, context, pages_of_napot_leaf(translation));
  }
  if (line_fill_) filled += install_beside(entry, translation, context, neighbours);
  counted_.units_filled += filled;
  return {.entry = entry, .in_place = in_place, .units_filled = filled, .units_evicted = evicted};
}

unsigned BurstTlb::siblings(const Comparand& comparand, const Lookup& hit,
                            std::span<Translation, max_siblings> out) const {
  unsigned count = 0;
  const unsigned own = unit_of(comparand.vpn);
  for (std::uint32_t live = valid_units_[hit.entry] & ~(1u << own); live != 0; live &= live - 1) {
    const auto unit = static_cast<unsigned>(std::countr_zero(live));
    const Comparand other{comparand.vpn - own + unit, comparand.context, Access::load};
    const std::size_t at = unit_at(hit.entry, unit);
    if (content_matches(at, other)) out[count++] = translation_of(other.vpn, at);
  }
  return count;
}

unsigned BurstTlb::invalidate(const Invalidation& invalidation) {
  unsigned cleared = 0;
  for (std::uint32_t entry = 0; entry < valid_units_.size(); ++entry) {
    std::uint32_t left = valid_units_[entry];
    for (std::uint32_t live = left; live != 0; live &= live - 1) {
      const auto selected = static_cast<unsigned>(std::countr_zero(live));
      const Unit& unit = unit_array_[unit_at(entry, selected)];
      const std::uint64_t context = context_of(entry, selected);
      const PageNumber vpn = tags_[entry].vpn << unit_bits_ | selected;
      if (reaches_tag(invalidation, context) &&
          reaches_leaf(invalidation, vpn, unit.pfn(), unit.order())) {
        left &= ~(1u << selected);
        ++cleared;
      }
    }
    if (left == valid_units_[entry]) continue;
    valid_units_[entry] = left;
    if (left == 0) free_entry(entry, entry / ways_);
  }
  time_.invalidated(invalidation);
  counted_.units_invalidated += cleared;
  return cleared;
}

TlbStatistics BurstTlb::statistics() const {
  TlbStatistics result = counted_;
  for (std::size_t units = 0; units < evictions_by_units_.size(); ++units) {
    const std::uint64_t evictions = evictions_by_units_[units];
    result.evictions += evictions;
    result.units_evicted += evictions * units;
    result.density.add(units, evictions);
  }
  for (const std::uint32_t units : valid_units_) {
    if (units != 0) result.density.add(static_cast<std::uint64_t>(std::popcount(units)));
  }
  return result;
}

std::uint64_t BurstTlb::reach_bytes() const {
  std::uint64_t bytes = 0;
  for (const std::uint32_t units : valid_units_) {
    bytes += page_bytes * static_cast<std::uint64_t>(std::popcount(units));
  }
  return bytes;
}

}  // namespace kilburn::burst_tlb
