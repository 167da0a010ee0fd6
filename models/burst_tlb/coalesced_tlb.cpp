#include "burst_tlb/coalesced_tlb.h"

#include <bit>

namespace kilburn::burst_tlb {

CoalescedTlb::CoalescedTlb(const TlbConfig& config)
    : clustered_(config.organisation == Organisation::clustered),
      line_fill_(config.fill == FillPolicy::line),
      units_(config.units()),
      unit_bits_(static_cast<unsigned>(std::countr_zero(units_))),
      sets_(config.sets()),
      ways_(config.associativity()),
      entries_(config.entries),
      place_(std::size_t{config.entries} * units_),
      live_in_set_(sets_, 0),
      pages_(config.entries * units_),
      replacement_(config.replacement, sets_, ways_, config.seed),
      time_(config.entries, config.hit_cycles) {}

CoalescedTlb::Shared CoalescedTlb::shared_of(const Translation& translation) const {
  const unsigned unit = unit_of(translation.vpn);
  const PageNumber base =
      clustered_ ? translation.pfn >> unit_bits_ << unit_bits_ : translation.pfn - unit;
  return {base, translation.permissions, translation.attributes, translation.order};
}

PageNumber CoalescedTlb::frame(std::uint32_t entry, unsigned unit) const {
  return entries_[entry].shared.base + (clustered_ ? place_[entry * units_ + unit] : unit);
}

/// The first way of the tag's set that bears the tag, is live, and satisfies `predicate`.
template <class Predicate>
std::uint32_t CoalescedTlb::find_in_set(const Tag& tag, Predicate predicate) const {
  const std::uint32_t first = (static_cast<std::uint32_t>(tag.vpn) & (sets_ - 1)) * ways_;
  for (std::uint32_t entry = first; entry < first + ways_; ++entry) {
    const Entry& e = entries_[entry];
    if (e.valid_units != 0 && e.tag == tag && predicate(e)) return entry;
  }
  return none;
}

std::uint32_t CoalescedTlb::find_page(PageNumber vpn, Context context) const {
  const std::uint32_t own = holder_of({vpn, pack(context, false)});
  return own != none ? own : holder_of({vpn, pack(context, true)});
}

Translation CoalescedTlb::translation_of(PageNumber vpn, std::uint32_t entry) const {
  const Shared& shared = entries_[entry].shared;
  return {.vpn = vpn,
          .pfn = frame(entry, unit_of(vpn)),
          .order = shared.order,
          .permissions = shared.permissions,
          .attributes = shared.attributes,
          .verdict_order = 0};  // an entry knows of no page but those it holds
}

Lookup CoalescedTlb::lookup(const Comparand& comparand) {
  const Match found = match(comparand);
  return found.hit ? hit(comparand, found) : miss(comparand, found);
}

CoalescedTlb::Match CoalescedTlb::match(const Comparand& comparand) const {
  const std::uint32_t entry = find_page(comparand.vpn, comparand.context);
  if (entry == none) return {none, false};
  const bool dirty = (entries_[entry].shared.permissions & pte::dirty) != 0;
  return {entry, comparand.access != Access::store || dirty};
}

Lookup CoalescedTlb::hit(const Comparand& comparand, const Match& found) {
  ++counted_.lookups;
  ++counted_.hits;
  replacement_.touch(found.entry / ways_, found.entry % ways_);
  return {.outcome = Outcome::hit,
          .translation = translation_of(comparand.vpn, found.entry),
          .entry = found.entry};
}

Lookup CoalescedTlb::miss(const Comparand& comparand, const Match& found) {
  ++counted_.lookups;
  std::uint32_t entry = found.entry;
  if (entry != none) {
    ++counted_.miss_content;
    return {.outcome = Outcome::miss_content, .entry = entry};
  }
  for (const bool global : {false, true}) {
    const Tag tag = tag_of(comparand.vpn, comparand.context, global);
    entry = find_in_set(tag, [](const Entry&) { return true; });
    if (entry != none) {
      ++counted_.miss_unit;
      return {.outcome = Outcome::miss_unit, .entry = entry};
    }
  }
  ++counted_.miss_tag;
  return {.outcome = Outcome::miss_tag};
}

Fill CoalescedTlb::fill(const Translation& translation, Context context,
                        std::span<const Translation> neighbours) {
  ++counted_.fills;
  Fill done;
  const Tag tag = tag_of(translation.vpn, context, translation.global());
  const Shared shared = shared_of(translation);
  done.entry = find_in_set(tag, [&](const Entry& e) { return e.shared == shared; });
  // The page's old unit goes; an entry that held nothing else is rewritten in its place.
  const std::uint32_t old = holder_of({translation.vpn, tag.context});
  if (old != none && old != done.entry) {
    const std::uint32_t unit_bit = 1u << unit_of(translation.vpn);
    if (done.entry == none && entries_[old].valid_units == unit_bit) {
      done.entry = old;
    } else {
      clear_units(old, unit_bit);
    }
  }
  done.in_place = done.entry != none;
  if (!done.in_place) done.entry = allocate(tag, done);
  entries_[done.entry].shared = shared;
  replacement_.touch(done.entry / ways_, done.entry % ways_);
  write(done.entry, translation, done);

  const auto coalesce = [&](const Translation& other) {
    if (tag_of(other.vpn, context, other.global()) == tag && shared_of(other) == shared &&
        holder_of({other.vpn, tag.context}) == none) {
      write(done.entry, other, done);
    }
  };
  if (translation.order == napot_order && translation.verdict_order >= napot_order) {
    Translation other = translation;
    for (PageNumber page = 0; page < (PageNumber{1} << napot_order); ++page) {
      const PageNumber within = (PageNumber{1} << napot_order) - 1;
      other.vpn = (translation.vpn & ~within) | page;
      other.pfn = (translation.pfn & ~within) | page;
      coalesce(other);
    }
  }
  if (line_fill_) {
    for (const Translation& neighbour : neighbours) coalesce(neighbour);
  }
  counted_.units_filled += done.units_filled;
  return done;
}

std::uint32_t CoalescedTlb::allocate(const Tag& tag, Fill& done) {
  const std::uint32_t set = static_cast<std::uint32_t>(tag.vpn) & (sets_ - 1);
  const std::uint32_t first = set * ways_;
  const auto is_free = [&](std::uint32_t way) { return entries_[first + way].valid_units == 0; };
  const auto [way, evicts] = replacement_.way_to_fill(set, is_free, live_in_set_[set] == ways_);
  const std::uint32_t entry = first + way;
  if (evicts) {
    done.units_evicted = static_cast<unsigned>(std::popcount(entries_[entry].valid_units));
    ++counted_.evictions;
    counted_.units_evicted += done.units_evicted;
    counted_.density.add(done.units_evicted);
    clear_units(entry, entries_[entry].valid_units);
  }
  ++live_in_set_[set];
  entries_[entry] = {tag, {}, 0};
  return entry;
}

void CoalescedTlb::write(std::uint32_t entry, const Translation& translation, Fill& done) {
  Entry& e = entries_[entry];
  const unsigned unit = unit_of(translation.vpn);
  if ((e.valid_units >> unit & 1) == 0) {
    pages_.insert({translation.vpn, e.tag.context}, entry << unit_bits_ | unit);
  }
  e.valid_units |= 1u << unit;
  time_.wrote(translation.order);
  place_[entry * units_ + unit] = static_cast<std::uint8_t>(translation.pfn & (units_ - 1));
  ++done.units_filled;
}

void CoalescedTlb::clear_units(std::uint32_t entry, std::uint32_t units) {
  Entry& e = entries_[entry];
  for (std::uint32_t left = units; left != 0; left &= left - 1) {
    const auto unit = static_cast<unsigned>(std::countr_zero(left));
    pages_.erase(entry << unit_bits_ | unit);
  }
  e.valid_units &= ~units;
  if (e.valid_units == 0) --live_in_set_[entry / ways_];
}

unsigned CoalescedTlb::siblings(const Comparand& comparand, const Lookup& hit,
                                std::span<Translation, max_siblings> out) const {
  unsigned count = 0;
  const unsigned own = unit_of(comparand.vpn);
  std::uint32_t live = entries_[hit.entry].valid_units & ~(1u << own);
  for (; live != 0; live &= live - 1) {
    const auto unit = static_cast<unsigned>(std::countr_zero(live));
    out[count++] = translation_of(comparand.vpn - own + unit, hit.entry);
  }
  return count;
}

unsigned CoalescedTlb::invalidate(const Invalidation& invalidation) {
  unsigned cleared = 0;
  for (std::uint32_t entry = 0; entry < entries_.size(); ++entry) {
    const Entry& e = entries_[entry];
    if (e.valid_units == 0 || !reaches_tag(invalidation, e.tag.context)) {
      continue;
    }
    std::uint32_t matching = 0;
    for (std::uint32_t left = e.valid_units; left != 0; left &= left - 1) {
      const auto unit = static_cast<unsigned>(std::countr_zero(left));
      if (reaches_leaf(invalidation, e.tag.vpn << unit_bits_ | unit, frame(entry, unit),
                       e.shared.order)) {
        matching |= 1u << unit;
      }
    }
    if (matching != 0) clear_units(entry, matching);
    cleared += static_cast<unsigned>(std::popcount(matching));
  }
  time_.invalidated(invalidation);
  counted_.units_invalidated += cleared;
  return cleared;
}

TlbStatistics CoalescedTlb::statistics() const {
  TlbStatistics result = counted_;
  for (const Entry& e : entries_) {
    if (e.valid_units != 0) {
      result.density.add(static_cast<std::uint64_t>(std::popcount(e.valid_units)));
    }
  }
  return result;
}

std::uint64_t CoalescedTlb::reach_bytes() const {
  std::uint64_t bytes = 0;
  for (const Entry& e : entries_) {
    bytes += page_bytes * static_cast<std::uint64_t>(std::popcount(e.valid_units));
  }
  return bytes;
}

}  // namespace kilburn::burst_tlb
