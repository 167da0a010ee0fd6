// The coalescing TLBs in the plainest way: an entry is a set of pages that fit together.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "burst_tlb/tlb.h"
#include "plain_invalidation_time.h"
#include "plain_match.h"
#include "plain_replacement.h"
#include "plain_side_tlb.h"

namespace kilburn::burst_tlb {

class PlainCoalescedTlb final : public Tlb {
 public:
  explicit PlainCoalescedTlb(const TlbConfig& config)
      : config_(config),
        ways_(config.associativity()),
        sets_(config.entries / ways_),
        entries_(config.entries),
        replacement_(config.replacement, sets_, ways_, config.seed),
        side_(config.side_entries) {}

  Lookup lookup(const Comparand& c) override {
    ++counted_.lookups;
    std::optional<std::uint32_t> entry = holder(c.vpn, c.context, false);
    if (!entry) entry = holder(c.vpn, c.context, true);
    if (entry) {
      Translation t = entries_[*entry].pages.at(c.vpn);
      if (c.access != Access::store || (t.permissions & pte::dirty) != 0) {
        ++counted_.hits;
        replacement_.touch(*entry / ways_, *entry % ways_);
        t.verdict_order = 0;
        return {.outcome = Outcome::hit, .translation = t, .entry = *entry};
      }
    }
    if (const auto large = side_.lookup(c)) {
      ++counted_.hits;
      ++counted_.side_hits;
      return {.outcome = Outcome::hit, .translation = *large, .side = true};
    }
    if (entry) {
      ++counted_.miss_content;
      return {.outcome = Outcome::miss_content, .entry = *entry};
    }
    for (const bool global : {false, true}) {
      for (std::uint32_t i = 0; i < entries_.size(); ++i) {
        if (has_tag(entries_[i], c.vpn, c.context, global)) {
          ++counted_.miss_unit;
          return {.outcome = Outcome::miss_unit, .entry = i};
        }
      }
    }
    ++counted_.miss_tag;
    return {.outcome = Outcome::miss_tag};
  }

  Fill fill(const Translation& t, Context context,
            std::span<const Translation> neighbours) override {
    ++counted_.fills;
    if (config_.large_pages == LargePages::side && t.order > 4 && t.verdict_order > 4) {
      side_.fill(t, context);
      ++counted_.units_filled;
      return {.units_filled = 1};
    }
    std::optional<std::uint32_t> place;
    for (std::uint32_t i = 0; i < entries_.size() && !place; ++i) {
      if (has_tag(entries_[i], t.vpn, context, t.global()) && fits(entries_[i], t)) place = i;
    }
    // The page must not stay where it no longer fits.
    const std::optional<std::uint32_t> old = holder(t.vpn, context, t.global());
    if (old && old != place) {
      const bool alone = entries_[*old].pages.size() == 1;
      entries_[*old].pages.erase(t.vpn);
      if (alone && !place) place = old;
    }
    Fill done;
    done.in_place = place.has_value();
    done.entry = place ? *place : free_or_evicted(t.vpn, done);
    Entry& entry = entries_[done.entry];
    if (entry.pages.empty()) entry = {context, t.global(), {}};
    entry.pages[t.vpn] = t;
    larger_leaves_ |= t.order != 0;
    replacement_.touch(done.entry / ways_, done.entry % ways_);
    done.units_filled = 1;

    std::vector<Translation> beside;
    if (t.order == 4 && t.verdict_order >= 4) {
      for (PageNumber i = 0; i < 16; ++i) {
        Translation other = t;
        other.vpn = t.vpn - t.vpn % 16 + i;
        other.pfn = t.pfn - t.vpn % 16 + i;
        beside.push_back(other);
      }
    }
    if (config_.fill == FillPolicy::line) {
      beside.insert(beside.end(), neighbours.begin(), neighbours.end());
    }
    for (const Translation& other : beside) {
      if (has_tag(entry, other.vpn, context, other.global()) && fits(entry, other) &&
          !holder(other.vpn, context, other.global())) {
        entry.pages[other.vpn] = other;
        larger_leaves_ |= other.order != 0;
        ++done.units_filled;
      }
    }
    counted_.units_filled += done.units_filled;
    return done;
  }

  unsigned siblings(const Comparand& c, const Lookup& hit,
                    std::span<Translation, max_siblings> out) const override {
    if (hit.side) return 0;
    unsigned count = 0;
    for (const auto& [vpn, translation] : entries_[hit.entry].pages) {
      if (vpn == c.vpn) continue;
      out[count] = translation;
      out[count++].verdict_order = 0;
    }
    return count;
  }

  unsigned invalidate(const Invalidation& r) override {
    unsigned cleared = side_.invalidate(r);
    for (Entry& entry : entries_) {
      cleared += static_cast<unsigned>(std::erase_if(entry.pages, [&](const auto& page) {
        return plainly_reached(r, page.second, entry.owner);
      }));
    }
    if (r.operation == Invalidation::Operation::all) larger_leaves_ = false;
    counted_.units_invalidated += cleared;
    return cleared;
  }
  [[nodiscard]] Cycles invalidation_cycles(const Invalidation& r) const override {
    return plain_invalidation_cycles(config_, r, larger_leaves_);
  }

  [[nodiscard]] TlbStatistics statistics() const override {
    TlbStatistics s = counted_;
    for (const Entry& entry : entries_) {
      if (!entry.pages.empty()) s.density.add(entry.pages.size());
    }
    return s;
  }
  [[nodiscard]] std::uint64_t reach_bytes() const override {
    std::uint64_t bytes = side_.reach_bytes();
    for (const Entry& entry : entries_) bytes += 4096 * entry.pages.size();
    return bytes;
  }

 private:
  struct Entry {
    Context owner{};
    bool global = false;
    std::map<PageNumber, Translation> pages;  ///< by VPN
  };

  [[nodiscard]] bool has_tag(const Entry& entry, PageNumber vpn, Context context,
                             bool global) const {
    return !entry.pages.empty() && entry.global == global &&
           plainly_same_space(entry.owner, context, global) &&
           entry.pages.begin()->first / config_.units_per_tag == vpn / config_.units_per_tag;
  }
  /// True where one base frame and one set of permissions can serve `t` and the entry's pages.
  [[nodiscard]] bool fits(const Entry& entry, const Translation& t) const {
    const Translation& held = entry.pages.begin()->second;
    const bool frames = config_.organisation == Organisation::contiguous
                            ? held.pfn - held.vpn == t.pfn - t.vpn
                            : held.pfn / config_.units_per_tag == t.pfn / config_.units_per_tag;
    return frames && held.permissions == t.permissions && held.attributes == t.attributes &&
           held.order == t.order;
  }
  [[nodiscard]] std::optional<std::uint32_t> holder(PageNumber vpn, Context context,
                                                    bool global) const {
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      if (has_tag(entries_[i], vpn, context, global) && entries_[i].pages.contains(vpn)) return i;
    }
    return std::nullopt;
  }
  std::uint32_t free_or_evicted(PageNumber vpn, Fill& done) {
    const auto set = static_cast<std::uint32_t>(vpn / config_.units_per_tag % sets_);
    for (std::uint32_t way = 0; way < ways_; ++way) {
      if (entries_[set * ways_ + way].pages.empty()) return set * ways_ + way;
    }
    const std::uint32_t victim = set * ways_ + replacement_.victim(set);
    done.units_evicted = static_cast<unsigned>(entries_[victim].pages.size());
    ++counted_.evictions;
    counted_.units_evicted += done.units_evicted;
    counted_.density.add(done.units_evicted);
    entries_[victim].pages.clear();
    return victim;
  }

  TlbConfig config_;
  std::uint32_t ways_;
  std::uint32_t sets_;
  std::vector<Entry> entries_;
  PlainReplacement replacement_;
  PlainSideTlb side_;
  TlbStatistics counted_;
  bool larger_leaves_ = false;
};

}  // namespace kilburn::burst_tlb
