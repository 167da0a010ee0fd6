// The burst TLB in the plainest way: entries with optional units, searched one by one.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "burst_tlb/tlb.h"
#include "plain_invalidation_time.h"
#include "plain_match.h"
#include "plain_replacement.h"
#include "plain_side_tlb.h"

namespace kilburn::burst_tlb {

class PlainBurstTlb final : public Tlb {
 public:
  explicit PlainBurstTlb(const TlbConfig& config)
      : config_(config),
        ways_(config.associativity()),
        sets_(config.entries / ways_),
        units_(config.organisation == Organisation::conventional ? 1 : config.units_per_tag),
        entries_(config.entries, Entry{.units = Units(units_)}),
        replacement_(config.replacement, sets_, ways_, config.seed),
        side_(config.side_entries) {}

  Lookup lookup(const Comparand& c) override {
    ++counted_.lookups;
    const std::optional<std::uint32_t> entry = candidate(c);
    if (entry) {
      const std::optional<Held>& unit = entries_[*entry].units[c.vpn % units_];
      if (unit && content_matches(*unit, c)) {
        ++counted_.hits;
        replacement_.touch(*entry / ways_, *entry % ways_);
        Translation t = unit->content;
        t.vpn = c.vpn;
        t.verdict_order = 0;
        return {.outcome = Outcome::hit, .translation = t, .entry = *entry};
      }
    }
    if (const auto large = side_.lookup(c)) {
      ++counted_.hits;
      ++counted_.side_hits;
      return {.outcome = Outcome::hit, .translation = *large, .side = true};
    }
    if (!entry) {
      ++counted_.miss_tag;
      return {.outcome = Outcome::miss_tag};
    }
    if (!entries_[*entry].units[c.vpn % units_]) {
      ++counted_.miss_unit;
      return {.outcome = Outcome::miss_unit, .entry = *entry};
    }
    ++counted_.miss_content;
    return {.outcome = Outcome::miss_content, .entry = *entry};
  }

  Fill fill(const Translation& t, Context context,
            std::span<const Translation> neighbours) override {
    ++counted_.fills;
    if (config_.large_pages == LargePages::side && t.order > 4 && t.verdict_order > 4) {
      side_.fill(t, context);
      ++counted_.units_filled;
      return {.units_filled = 1};
    }
    Fill done;
    const std::optional<std::uint32_t> same = covering(t.vpn, context, t.global());
    done.in_place = same.has_value();
    done.entry =
        same ? *same : free_or_evicted(static_cast<std::uint32_t>(t.vpn / units_ % sets_), done);
    Entry& entry = entries_[done.entry];
    entry.group = t.vpn / units_;
    entry.owner = context;
    entry.global = t.global();
    replacement_.touch(done.entry / ways_, done.entry % ways_);
    entry.units[t.vpn % units_] = Held{t, context};
    larger_leaves_ |= t.order != 0;
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
      std::optional<Held>& unit = entry.units[other.vpn % units_];
      const bool same_tag = other.vpn / units_ == entry.group &&
                            (config_.context_in == ContextIn::tdu || other.global() == t.global());
      if (!same_tag || unit) continue;
      unit = Held{other, context};
      larger_leaves_ |= other.order != 0;
      ++done.units_filled;
    }
    counted_.units_filled += done.units_filled;
    return done;
  }

  unsigned siblings(const Comparand& c, const Lookup& hit,
                    std::span<Translation, max_siblings> out) const override {
    unsigned count = 0;
    for (std::uint32_t i = 0; i < units_ && !hit.side; ++i) {
      const std::optional<Held>& unit = entries_[hit.entry].units[i];
      const PageNumber vpn = c.vpn / units_ * units_ + i;
      if (!unit || vpn == c.vpn ||
          !plainly_same_space(unit->owner, c.context, unit->content.global())) {
        continue;
      }
      out[count] = unit->content;
      out[count++].verdict_order = 0;
    }
    return count;
  }

  unsigned invalidate(const Invalidation& r) override {
    unsigned cleared = side_.invalidate(r);
    for (Entry& entry : entries_) {
      for (std::uint32_t i = 0; i < units_; ++i) {
        std::optional<Held>& unit = entry.units[i];
        if (unit && plainly_reached(r, unit->content, unit->owner)) {
          unit.reset();
          ++cleared;
        }
      }
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
      if (entry.live() != 0) s.density.add(entry.live());
    }
    return s;
  }
  [[nodiscard]] std::uint64_t reach_bytes() const override {
    std::uint64_t bytes = side_.reach_bytes();
    for (const Entry& entry : entries_) bytes += 4096 * entry.live();
    return bytes;
  }
  [[nodiscard]] std::uint32_t valid_units(std::uint32_t entry) const {
    std::uint32_t bits = 0;
    for (std::uint32_t i = 0; i < units_; ++i) bits |= (entries_[entry].units[i] ? 1u : 0u) << i;
    return bits;
  }

 private:
  struct Held {
    Translation content;
    Context owner;
  };
  using Units = std::vector<std::optional<Held>>;
  struct Entry {
    PageNumber group = 0;
    Context owner{};
    bool global = false;
    Units units;
    [[nodiscard]] std::uint64_t live() const {
      return static_cast<std::uint64_t>(
          std::ranges::count_if(units, [](const auto& unit) { return unit.has_value(); }));
    }
  };

  [[nodiscard]] bool content_matches(const Held& unit, const Comparand& c) const {
    if (c.access == Access::store && (unit.content.permissions & pte::dirty) == 0) return false;
    return config_.context_in == ContextIn::tag ||
           plainly_same_space(unit.owner, c.context, unit.content.global());
  }
  /// The live entry whose tag is the page's group and, where tags hold it, the context.
  [[nodiscard]] std::optional<std::uint32_t> covering(PageNumber vpn, Context context,
                                                      bool global) const {
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      const Entry& entry = entries_[i];
      const bool same_tag =
          entry.live() != 0 && entry.group == vpn / units_ &&
          (config_.context_in == ContextIn::tdu ||
           (entry.global == global && plainly_same_space(entry.owner, context, global)));
      if (same_tag) return i;
    }
    return std::nullopt;
  }
  [[nodiscard]] std::optional<std::uint32_t> candidate(const Comparand& c) const {
    const auto own = covering(c.vpn, c.context, false);
    const auto global = covering(c.vpn, c.context, true);
    if (own && (entries_[*own].units[c.vpn % units_] || !global)) return own;
    return global;
  }
  std::uint32_t free_or_evicted(std::uint32_t set, Fill& done) {
    for (std::uint32_t way = 0; way < ways_; ++way) {
      if (entries_[set * ways_ + way].live() == 0) return set * ways_ + way;
    }
    const std::uint32_t victim = set * ways_ + replacement_.victim(set);
    done.units_evicted = static_cast<unsigned>(entries_[victim].live());
    ++counted_.evictions;
    counted_.units_evicted += done.units_evicted;
    counted_.density.add(done.units_evicted);
    entries_[victim].units.assign(units_, std::nullopt);
    return victim;
  }

  TlbConfig config_;
  std::uint32_t ways_;
  std::uint32_t sets_;
  std::uint32_t units_;
  std::vector<Entry> entries_;
  PlainReplacement replacement_;
  PlainSideTlb side_;
  TlbStatistics counted_;
  bool larger_leaves_ = false;
};

}  // namespace kilburn::burst_tlb
