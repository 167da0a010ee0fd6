#include "burst_tlb/colt_fa_tlb.h"

#include <algorithm>

namespace kilburn::burst_tlb {

ColtFaTlb::ColtFaTlb(const TlbConfig& config)
    : line_fill_(config.fill == FillPolicy::line),
      entries_(config.entries),
      replacement_(config.replacement, 1, config.entries, config.seed),
      time_(config.entries, config.hit_cycles) {}

/// `other`, which this touches, becomes part of it.
void ColtFaTlb::Run::widen(const Run& other) {
  const PageNumber last_end = std::max(end(), other.end());
  if (other.first < first) {
    first = other.first;
    base = other.base;
  }
  pages = last_end - first;
}

/// Leaves the pages of `other` out, and what lies beyond them, seen from the page `kept`.
void ColtFaTlb::Run::cut_off(const Run& other, PageNumber kept) {
  if (other.first > kept) {
    shrink(first, std::min(end(), other.first));
  } else {
    shrink(std::max(first, other.end()), end());
  }
}

/// The page asked for, or, over 64 KiB, as much of its leaf as one verdict covers.
ColtFaTlb::Run ColtFaTlb::run_of(const Translation& t, Context context) {
  const bool large = t.piece_order() > napot_order;
  const PageNumber pages = large ? PageNumber{1} << t.piece_order() : 1;
  return {.first = t.vpn & ~(pages - 1),
          .pages = pages,
          .base = t.pfn & ~(pages - 1),
          .context = pack(context, t.global()),
          .permissions = t.permissions,
          .attributes = t.attributes,
          .order = t.order,
          .verdict_order = t.verdict_order,
          .large = large};
}

std::uint32_t ColtFaTlb::find(PageNumber vpn, std::uint64_t context) const {
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].covers(vpn) && entries_[i].context == context) return i;
  }
  return none;
}

Lookup ColtFaTlb::lookup(const Comparand& comparand) {
  ++counted_.lookups;
  std::uint32_t entry = find(comparand.vpn, pack(comparand.context, false));
  if (entry == none) entry = find(comparand.vpn, pack(comparand.context, true));
  if (entry == none) {
    ++counted_.miss_tag;
    return {.outcome = Outcome::miss_tag};
  }
  const Run& run = entries_[entry];
  if (comparand.access == Access::store && (run.permissions & pte::dirty) == 0) {
    ++counted_.miss_content;
    return {.outcome = Outcome::miss_content, .entry = entry};
  }
  ++counted_.hits;
  if (run.large) ++counted_.side_hits;
  replacement_.touch(0, entry);
  return {.outcome = Outcome::hit,
          .translation = {.vpn = comparand.vpn,
                          .pfn = run.base + (comparand.vpn - run.first),
                          .order = run.order,
                          .permissions = run.permissions,
                          .attributes = run.attributes,
                          // A run knows of no page but those it holds.
                          .verdict_order = run.large ? run.verdict_order : std::uint8_t{0}},
          .side = run.large,
          .entry = entry};
}

/// The run round `asked` that the line shows; a page that another entry holds otherwise ends it.
ColtFaTlb::Run ColtFaTlb::coalesced(const Run& asked, const Translation& translation,
                                    Context context,
                                    std::span<const Translation> neighbours) const {
  const bool whole_napot =
      translation.order == napot_order && translation.verdict_order >= napot_order;
  const auto shown = [&](PageNumber vpn) {
    if (whole_napot && (vpn ^ translation.vpn) >> napot_order == 0) return true;
    return line_fill_ && std::ranges::any_of(neighbours, [&](const Translation& neighbour) {
             return neighbour.vpn == vpn && run_of(neighbour, context).same_content(asked);
           });
  };
  const auto fits = [&](PageNumber vpn) {
    if (!shown(vpn)) return false;
    const std::uint32_t holder = find(vpn, asked.context);
    return holder == none || entries_[holder].same_content(asked);
  };
  PageNumber first = asked.first;
  PageNumber end = asked.end();
  while (first != 0 && fits(first - 1)) --first;
  while (fits(end)) ++end;
  Run run = asked;
  run.first = first;
  run.base -= asked.first - first;
  run.pages = end - first;
  return run;
}

/// What is held of these pages otherwise makes room. The entry that held nothing else, or none.
std::uint32_t ColtFaTlb::displace(const Run& asked) {
  std::uint32_t freed = none;
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    Run& held = entries_[i];
    if (held.context != asked.context || !held.overlaps(asked) || held.same_content(asked))
      continue;
    const PageNumber below = std::max(held.first, asked.first) - held.first;
    const PageNumber above = held.end() - std::min(held.end(), asked.end());
    if (held.large || (below == 0 && above == 0)) {
      held = {};
      if (freed == none) freed = i;
    } else if (below >= above) {
      held.shrink(held.first, held.first + below);
    } else {
      held.shrink(held.end() - above, held.end());
    }
  }
  return freed;
}

/// Takes the live entries that `run` touches into it, the one that holds the page `asked` first,
/// then the others in their order. Where that would be too long `run` ends before the entry. The
/// first one taken, or none.
std::uint32_t ColtFaTlb::join(Run& run, PageNumber asked) {
  const std::uint32_t holder = find(asked, run.context);
  if (holder != none) {
    Run whole = run;
    whole.widen(entries_[holder]);
    run = whole.pages <= longest ? whole : entries_[holder];
    entries_[holder] = {};
  }
  std::uint32_t place = holder;
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    Run& held = entries_[i];
    if (!held.live() || !held.same_content(run) || !held.touches(run)) continue;
    Run whole = run;
    whole.widen(held);
    if (whole.pages <= longest) {
      run = whole;
      held = {};
      if (place == none) place = i;
    } else {
      run.cut_off(held, asked);
    }
  }
  return place;
}

Fill ColtFaTlb::fill(const Translation& translation, Context context,
                     std::span<const Translation> neighbours) {
  ++counted_.fills;
  Run run = run_of(translation, context);
  const std::uint32_t freed = displace(run);
  Fill done{.entry = freed};
  done.units_filled = 1;
  if (!run.large) {
    const Run asked = run;
    run = coalesced(asked, translation, context, neighbours);
    const auto held = [&](PageNumber vpn) { return find(vpn, run.context) != none; };
    for (PageNumber vpn = run.first; vpn != run.end(); ++vpn) {
      if (vpn != translation.vpn && !held(vpn)) ++done.units_filled;
    }
    const Run line = run;
    const std::uint32_t joined = join(run, translation.vpn);
    if (joined != none) done.entry = joined;
    // What the line showed and a run too long could not take.
    for (PageNumber vpn = line.first; vpn != line.end(); ++vpn) {
      if (!run.covers(vpn) && !held(vpn)) --done.units_filled;
    }
  }
  done.in_place = done.entry != none;
  if (!done.in_place) done.entry = allocate(done);
  entries_[done.entry] = run;
  replacement_.touch(0, done.entry);
  const bool fragment = !run.large || translation.piece_order() < run.order;
  time_.wrote(fragment ? run.order : std::uint8_t{0});
  counted_.units_filled += done.units_filled;
  return done;
}

/// A free entry, or the victim's.
std::uint32_t ColtFaTlb::allocate(Fill& done) {
  const auto is_free = [&](std::uint32_t way) { return !entries_[way].live(); };
  const auto [entry, evicts] = replacement_.way_to_fill(0, is_free);
  if (evicts) {
    done.units_evicted = entries_[entry].units();
    ++counted_.evictions;
    counted_.units_evicted += done.units_evicted;
    counted_.density.add(done.units_evicted);
  }
  return entry;
}

unsigned ColtFaTlb::siblings(const Comparand& comparand, const Lookup& hit,
                             std::span<Translation, max_siblings> out) const {
  if (hit.side) return 0;
  constexpr PageNumber line = line_bytes / sizeof(std::uint64_t);
  const Run& run = entries_[hit.entry];
  unsigned count = 0;
  for (PageNumber i = 0; i < line; ++i) {
    const PageNumber vpn = (comparand.vpn & ~(line - 1)) + i;
    if (vpn == comparand.vpn || !run.covers(vpn)) continue;
    Translation other = hit.translation;
    other.vpn = vpn;
    other.pfn = run.base + (vpn - run.first);
    out[count++] = other;
  }
  return count;
}

unsigned ColtFaTlb::invalidate(const Invalidation& invalidation) {
  unsigned cleared = 0;
  for (Run& run : entries_) {
    if (!run.live() || !reaches_tag(invalidation, run.context)) {
      continue;
    }
    // Whole leaves: an invalidation of one page drops all fragments of its leaf.
    if (!reaches_run(invalidation, PageRun{run.first, run.pages}.of_leaves(run.order),
                     PageRun{run.base, run.pages}.of_leaves(run.order))) {
      continue;
    }
    cleared += run.units();
    run = {};
  }
  time_.invalidated(invalidation);
  counted_.units_invalidated += cleared;
  return cleared;
}

TlbStatistics ColtFaTlb::statistics() const {
  TlbStatistics result = counted_;
  for (const Run& run : entries_) {
    if (run.live()) result.density.add(run.units());
  }
  return result;
}

std::uint64_t ColtFaTlb::reach_bytes() const {
  std::uint64_t bytes = 0;
  for (const Run& run : entries_) bytes += page_bytes * run.pages;
  return bytes;
}

}  // namespace kilburn::burst_tlb
