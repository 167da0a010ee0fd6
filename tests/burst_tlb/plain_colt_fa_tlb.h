// CoLT-FA in the plainest way: an entry is a set of pages, and a page either stands in it or not.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "burst_tlb/tlb.h"
#include "plain_invalidation_time.h"
#include "plain_match.h"
#include "plain_replacement.h"

namespace kilburn::burst_tlb {

class PlainColtFaTlb final : public Tlb {
 public:
  explicit PlainColtFaTlb(const TlbConfig& config)
      : config_(config),
        entries_(config.entries),
        replacement_(config.replacement, 1, config.entries, config.seed) {}

  Lookup lookup(const Comparand& c) override {
    ++counted_.lookups;
    std::optional<std::uint32_t> at = holder(c.vpn, c.context, false);
    if (!at) at = holder(c.vpn, c.context, true);
    if (!at) {
      ++counted_.miss_tag;
      return {.outcome = Outcome::miss_tag};
    }
    Translation t = entries_[*at].pages.at(c.vpn);
    if (c.access == Access::store && (t.permissions & pte::dirty) == 0) {
      ++counted_.miss_content;
      return {.outcome = Outcome::miss_content, .entry = *at};
    }
    ++counted_.hits;
    const bool large = entries_[*at].large;
    if (large) ++counted_.side_hits;
    if (!large) t.verdict_order = 0;
    replacement_.touch(0, *at);
    return {.outcome = Outcome::hit, .translation = t, .side = large, .entry = *at};
  }

  Fill fill(const Translation& t, Context context,
            std::span<const Translation> neighbours) override {
    ++counted_.fills;
    const bool large = t.order > 4 && t.verdict_order > 4;
    std::map<PageNumber, Translation> pages;  // that the new entry is to hold
    if (large) {
      const PageNumber size = PageNumber{1} << std::min(t.order, t.verdict_order);
      pages = block(t, size);
    } else {
      pages[t.vpn] = t;
    }
    std::optional<std::uint32_t> emptied = remove_others(pages, t, context, large);

    Fill done;
    done.units_filled = 1;
    std::optional<std::uint32_t> joined;
    if (!large) {
      std::map<PageNumber, Translation> line;
      if (t.order == 4 && t.verdict_order >= 4) line = block(t, 16);
      if (config_.fill == FillPolicy::line) {
        for (const Translation& n : neighbours) {
          if (n.global() == t.global()) line.insert({n.vpn, n});
        }
      }
      const auto take = [&](PageNumber vpn) {
        const auto shown = line.find(vpn);
        if (shown == line.end() || !alike(shown->second, t)) return false;
        const auto at = holder(vpn, context, t.global());
        if (at && (entries_[*at].large || !alike(entries_[*at].pages.at(vpn), t))) return false;
        pages[vpn] = shown->second;
        return true;
      };
      for (PageNumber vpn = t.vpn; vpn != 0 && take(vpn - 1);) --vpn;
      for (PageNumber vpn = t.vpn; take(vpn + 1);) ++vpn;
      std::map<PageNumber, Translation> held_before = all_held(context, t.global());
      joined = join(pages, t, context);
      for (const auto& [vpn, page] : pages) {
        if (vpn != t.vpn && !held_before.contains(vpn)) ++done.units_filled;
      }
    }
    std::optional<std::uint32_t> place = joined ? joined : emptied;
    done.in_place = place.has_value();
    if (!place) place = free_or_evicted(done);
    done.entry = *place;
    entries_[*place] = {context, t.global(), large, pages};
    replacement_.touch(0, *place);
    const bool fragment = large ? t.verdict_order < t.order : t.order != 0;
    larger_leaves_ |= fragment;
    counted_.units_filled += done.units_filled;
    return done;
  }

  unsigned siblings(const Comparand& c, const Lookup& hit,
                    std::span<Translation, max_siblings> out) const override {
    unsigned count = 0;
    for (const auto& [vpn, page] : entries_[hit.entry].pages) {
      if (hit.side || vpn / 8 != c.vpn / 8 || vpn == c.vpn) continue;
      out[count] = page;
      out[count++].verdict_order = 0;
    }
    return count;
  }

  unsigned invalidate(const Invalidation& r) override {
    unsigned cleared = 0;
    for (Entry& entry : entries_) {
      bool reached = false;
      for (const auto& [vpn, page] : entry.pages) {
        reached = reached || plainly_reached(r, page, entry.owner);
      }
      if (!reached) continue;
      cleared += entry.units();
      entry = {};
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
      if (!entry.pages.empty()) s.density.add(entry.units());
    }
    return s;
  }
  [[nodiscard]] std::uint64_t reach_bytes() const override {
    std::uint64_t bytes = 0;
    for (const Entry& entry : entries_) bytes += 4096 * entry.pages.size();
    return bytes;
  }

 private:
  struct Entry {
    Context owner{};
    bool global = false;
    bool large = false;
    std::map<PageNumber, Translation> pages;  ///< by VPN
    [[nodiscard]] unsigned units() const { return large ? 1 : static_cast<unsigned>(pages.size()); }
  };

  /// The aligned block of `size` pages that holds `t`.
  static std::map<PageNumber, Translation> block(const Translation& t, PageNumber size) {
    std::map<PageNumber, Translation> pages;
    for (PageNumber i = 0; i < size; ++i) {
      Translation page = t;
      page.vpn = t.vpn - t.vpn % size + i;
      page.pfn = t.pfn - t.pfn % size + i;
      pages[page.vpn] = page;
    }
    return pages;
  }
  static bool alike(const Translation& a, const Translation& b) {
    const bool small = !(a.order > 4 && a.verdict_order > 4);
    return small && a.pfn - a.vpn == b.pfn - b.vpn && a.permissions == b.permissions &&
           a.attributes == b.attributes && a.order == b.order;
  }
  [[nodiscard]] bool of(const Entry& entry, Context context, bool global) const {
    return !entry.pages.empty() && entry.global == global &&
           plainly_same_space(entry.owner, context, global);
  }
  [[nodiscard]] std::optional<std::uint32_t> holder(PageNumber vpn, Context context,
                                                    bool global) const {
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      if (of(entries_[i], context, global) && entries_[i].pages.contains(vpn)) return i;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::map<PageNumber, Translation> all_held(Context context, bool global) const {
    std::map<PageNumber, Translation> held;
    for (const Entry& entry : entries_) {
      if (of(entry, context, global)) held.insert(entry.pages.begin(), entry.pages.end());
    }
    return held;
  }
  /// Entries that hold some of `pages` otherwise lose them: of two parts that remain the longer
  /// one, or the lower, survives; a large page goes whole. The first entry that is empty then.
  std::optional<std::uint32_t> remove_others(const std::map<PageNumber, Translation>& pages,
                                             const Translation& t, Context context, bool large) {
    std::optional<std::uint32_t> emptied;
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      Entry& entry = entries_[i];
      if (!of(entry, context, t.global())) continue;
      std::map<PageNumber, Translation> below;
      std::map<PageNumber, Translation> above;
      bool shares = false;
      for (const auto& [vpn, page] : entry.pages) {
        if (pages.contains(vpn)) {
          shares = true;
        } else {
          (vpn < pages.begin()->first ? below : above)[vpn] = page;
        }
      }
      const bool same = !large && !entry.large && alike(entry.pages.begin()->second, t);
      if (!shares || same) continue;
      entry.pages = entry.large                    ? std::map<PageNumber, Translation>{}
                    : below.size() >= above.size() ? below
                                                   : above;
      if (entry.pages.empty() && !emptied) emptied = i;
    }
    return emptied;
  }
  /// Adds the pages of entries that overlap or adjoin, as far as 1024 pages hold them.
  std::optional<std::uint32_t> join(std::map<PageNumber, Translation>& pages, const Translation& t,
                                    Context context) {
    std::optional<std::uint32_t> place = holder(t.vpn, context, t.global());
    if (place) {
      std::map<PageNumber, Translation> both = pages;
      both.insert(entries_[*place].pages.begin(), entries_[*place].pages.end());
      pages = both.size() <= 1024 ? both : entries_[*place].pages;
      entries_[*place].pages.clear();
    }
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      Entry& entry = entries_[i];
      if (!of(entry, context, t.global()) || entry.large ||
          !alike(entry.pages.begin()->second, t)) {
        continue;
      }
      const PageNumber first = entry.pages.begin()->first;
      const PageNumber last = entry.pages.rbegin()->first;
      if (first > pages.rbegin()->first + 1 || last + 1 < pages.begin()->first) continue;
      std::map<PageNumber, Translation> both = pages;
      both.insert(entry.pages.begin(), entry.pages.end());
      if (both.size() <= 1024) {
        pages = both;
        entry.pages.clear();
        if (!place) place = i;
        continue;
      }
      std::erase_if(pages, [&](const auto& page) {
        return first > t.vpn ? page.first >= first : page.first <= last;
      });
    }
    return place;
  }
  std::uint32_t free_or_evicted(Fill& done) {
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      if (entries_[i].pages.empty()) return i;
    }
    const std::uint32_t victim = replacement_.victim(0);
    done.units_evicted = entries_[victim].units();
    ++counted_.evictions;
    counted_.units_evicted += done.units_evicted;
    counted_.density.add(done.units_evicted);
    return victim;
  }

  TlbConfig config_;
  std::vector<Entry> entries_;
  PlainReplacement replacement_;
  TlbStatistics counted_;
  bool larger_leaves_ = false;
};

}  // namespace kilburn::burst_tlb
