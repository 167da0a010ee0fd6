#include "burst_tlb/burst_tlb.h"

#include <cassert>

namespace kilburn::burst_tlb {

BurstTlb::BurstTlb(const TlbConfig& config)
    : units_(config.units()),
      unit_bits_(static_cast<unsigned>(std::countr_zero(units_))),
      sets_(config.sets()),
      ways_(config.associativity()),
      context_in_tag_(config.context_in == ContextIn::tag),
      line_fill_(config.fill == FillPolicy::line),
      side_policy_(config.large_pages == LargePages::side),
      tags_(config.entries),
      valid_units_(config.entries, 0),
      unit_array_(std::size_t{config.entries} * units_),
      live_in_set_(sets_, 0),
      index_(config.entries),
      replacement_(config.replacement, sets_, ways_, config.seed),
      side_(config.side_entries) {}

/// No unit answered: perhaps a large page does; otherwise the class of the miss is counted.
Lookup BurstTlb::miss(const Comparand& comparand, std::uint32_t entry) {
  if (!side_.empty()) {
    if (const LargePageTlb::Hit hit = side_.lookup(comparand); hit.valid) {
      ++counted_.hits;
      ++counted_.side_hits;
      return {.outcome = Outcome::hit, .translation = hit.translation, .side = true};
    }
  }
  if (entry == none) {
    ++counted_.miss_tag;
    return {.outcome = Outcome::miss_tag};
  }
  if (!unit_valid(entry, unit_of(comparand.vpn))) {
    ++counted_.miss_unit;
    return {.outcome = Outcome::miss_unit, .entry = entry};
  }
  ++counted_.miss_content;
  return {.outcome = Outcome::miss_content, .entry = entry};
}

Fill BurstTlb::fill(const Translation& translation, Context context,
                    std::span<const Translation> neighbours) {
  ++counted_.fills;
  Fill done;
  if (side_policy_ && translation.order > napot_order) {
    side_.fill(translation, context);
    done.units_filled = 1;
    ++counted_.units_filled;
    return done;
  }

  const Tag tag = tag_of(translation.vpn, context, translation.global());
  done.entry = index_.find(tag);
  done.in_place = done.entry != none;
  if (!done.in_place) done.entry = allocate(tag, done);
  replacement_.touch(done.entry / ways_, done.entry % ways_);
  write(done.entry, translation, context, done);

  // A Svnapot leaf fills all the units that it covers, whatever the fill policy.
  const auto install_beside = [&](const Translation& other) {
    const bool same_entry = tag_of(other.vpn, context, other.global()) == tag;
    if (same_entry && !unit_valid(done.entry, unit_of(other.vpn))) {
      write(done.entry, other, context, done);
    }
  };
  if (translation.order == napot_order) {
    Translation other = translation;
    for (PageNumber page = 0; page < (PageNumber{1} << napot_order); ++page) {
      const PageNumber within = (PageNumber{1} << napot_order) - 1;
      other.vpn = (translation.vpn & ~within) | page;
      other.pfn = (translation.pfn & ~within) | page;
      install_beside(other);
    }
  }
  if (line_fill_) {
    for (const Translation& neighbour : neighbours) install_beside(neighbour);
  }
  counted_.units_filled += done.units_filled;
  return done;
}

/// Gives `tag` a free entry of its set, or the victim's: evicted whole, all its units.
std::uint32_t BurstTlb::allocate(const Tag& tag, Fill& done) {
  const std::uint32_t set = set_of(tag);
  std::uint32_t entry = set * ways_;
  if (live_in_set_[set] < ways_) {
    while (entry_valid(entry)) ++entry;
  } else {
    entry += replacement_.victim(set);
    done.units_evicted = static_cast<unsigned>(std::popcount(valid_units_[entry]));
    ++counted_.evictions;
    counted_.units_evicted += done.units_evicted;
    counted_.density.add(done.units_evicted);
    valid_units_[entry] = 0;
    free_entry(entry);
  }
  ++live_in_set_[set];
  tags_[entry] = tag;
  index_.insert(tag, entry);
  if ((tag.context & global_context) != 0) ++live_globals_;
  return entry;
}

void BurstTlb::write(std::uint32_t entry, const Translation& translation, Context context,
                     Fill& done) {
  const unsigned unit = unit_of(translation.vpn);
  Unit& tdu = unit_at(entry, unit);
  tdu.context = pack(context, translation.global());
  tdu.pfn = translation.pfn & ((std::uint64_t{1} << 48) - 1);
  tdu.order = translation.order & 0x3F;
  tdu.attributes = translation.attributes & 0x3;
  tdu.permissions = translation.permissions;
  valid_units_[entry] |= 1u << unit;
  ++done.units_filled;
}

/// The OR of the entry's units has fallen to zero: it is free, with no tag write.
void BurstTlb::free_entry(std::uint32_t entry) {
  assert(!entry_valid(entry) && "only an entry without valid units is free");
  index_.erase(tags_[entry]);
  --live_in_set_[entry / ways_];
  if ((tags_[entry].context & global_context) != 0) --live_globals_;
}

unsigned BurstTlb::retire(const Retirement& retirement) {
  unsigned cleared = 0;
  for (std::uint32_t entry = 0; entry < tags_.size(); ++entry) {
    if (!entry_valid(entry)) continue;
    std::uint32_t left = valid_units_[entry];
    for (std::uint32_t live = left; live != 0; live &= live - 1) {
      const auto unit = static_cast<unsigned>(std::countr_zero(live));
      const Unit& tdu = unit_at(entry, unit);
      const PageNumber vpn = tags_[entry].vpn << unit_bits_ | unit;
      const bool global = (tdu.context & global_context) != 0;
      if (context_matches(retirement, tdu.context, global) &&
          range_matches(retirement, vpn, tdu.pfn, tdu.order)) {
        left &= ~(1u << unit);
        ++cleared;
      }
    }
    valid_units_[entry] = left;
    if (left == 0) free_entry(entry);
  }
  cleared += side_.retire(retirement);
  counted_.units_invalidated += cleared;
  return cleared;
}

TlbStatistics BurstTlb::statistics() const {
  TlbStatistics result = counted_;
  for (const std::uint32_t units : valid_units_) {
    if (units != 0) result.density.add(static_cast<std::uint64_t>(std::popcount(units)));
  }
  return result;
}

std::uint64_t BurstTlb::reach_bytes() const {
  std::uint64_t bytes = side_.reach_bytes();
  for (const std::uint32_t units : valid_units_) {
    bytes += page_bytes * static_cast<std::uint64_t>(std::popcount(units));
  }
  return bytes;
}

}  // namespace kilburn::burst_tlb
