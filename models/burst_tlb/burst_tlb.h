// Burst TLB: one tag, many translation data units (TDUs), selected by address bits, then compared.
// Source: US 9,836,410, burst translation look-aside buffer.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstdint>
#include <span>
#include <vector>

#include "burst_tlb/invalidation_time.h"
#include "burst_tlb/tag.h"
#include "burst_tlb/tlb.h"

namespace kilburn::burst_tlb {

/// Modelled: the array, its three classes of miss, fill of one unit or of a line of PTEs, eviction
/// of whole entries, invalidation by unit, replacement. A large leaf is a unit for each page
/// filled; WithLargePages holds it beside. Not modelled: permission checks (a fault on a hit is the
/// caller's to raise), ports and banking. Time: every lookup takes `hit_cycles`, a fill a cycle, an
/// invalidation `invalidation_cycles`; their effect is there when they return. A conventional TLB
/// is this one with a single unit a tag.
class BurstTlb final : public Tlb {
 public:
  /// A translation data unit in one word. Its valid bit is in `valid_units_`, its context, where
  /// units have one, in `unit_contexts_`.
  class Unit {
   public:
    Unit() = default;
    explicit Unit(const Translation& t)
        : word_(t.pfn << 16 | std::uint64_t{t.permissions} << 8 |
                static_cast<unsigned>(t.attributes << 6 | t.order)) {
      assert(t.pfn >> 48 == 0 && t.attributes < 4 && t.order < 64 && "wider than its field");
    }
    [[nodiscard]] PageNumber pfn() const { return word_ >> 16; }
    [[nodiscard]] std::uint8_t permissions() const { return static_cast<std::uint8_t>(word_ >> 8); }
    [[nodiscard]] std::uint8_t attributes() const { return word_ >> 6 & 3; }
    /// Of the leaf, so that its fragments are invalidated together.
    [[nodiscard]] std::uint8_t order() const { return word_ & 63; }
    static Unit from_word(std::uint64_t word) {
      Unit unit;
      unit.word_ = word;
      return unit;
    }
    /// PFN, permissions, attributes and order from the top, as the RTL packs them.
    [[nodiscard]] std::uint64_t word() const { return word_; }

   private:
    std::uint64_t word_ = 0;
  };

  explicit BurstTlb(const TlbConfig& config);

  Lookup lookup(const Comparand& comparand) override;
  /// A lookup that hits, without a copy of the translation: for callers that look up at every
  /// access. Null, and nothing counted, where it would miss: then call `lookup`. Valid until the
  /// next fill.
  const Unit* hit(const Comparand& comparand);
  Fill fill(const Translation& translation, Context context,
            std::span<const Translation> neighbours) override;
  unsigned siblings(const Comparand& comparand, const Lookup& hit,
                    std::span<Translation, max_siblings> out) const override;
  unsigned invalidate(const Invalidation& invalidation) override;
  [[nodiscard]] Cycles invalidation_cycles(const Invalidation& invalidation) const override {
    return time_.of(invalidation);
  }
  [[nodiscard]] TlbStatistics statistics() const override;
  [[nodiscard]] std::uint64_t reach_bytes() const override;

  /// An entry's validity is the OR of its units' valid bits; there is no bit of its own.
  [[nodiscard]] bool entry_valid(std::uint32_t entry) const { return valid_units_[entry] != 0; }
  [[nodiscard]] std::uint32_t valid_units(std::uint32_t entry) const { return valid_units_[entry]; }
  [[nodiscard]] const InvalidationTime& time() const { return time_; }
  [[nodiscard]] const Unit& unit(std::uint32_t entry, unsigned unit) const {
    return unit_array_[unit_at(entry, unit)];
  }

  /// What matched: the entry with the tag, the unit selected in it, and whether its content did
  /// too.
  struct Match {
    std::uint32_t entry;
    unsigned selected;
    bool hit;
  };
  /// `lookup` in two steps, for WithLargePages: `match` counts nothing, what follows it does.
  [[nodiscard]] Match match(const Comparand& comparand) const;
  Lookup hit(const Comparand& comparand, const Match& found);
  Lookup miss(const Comparand& comparand, const Match& found);

 private:
  /// Where a fill goes, and what had to leave.
  struct Place {
    std::uint32_t entry;
    unsigned units_evicted;
  };

  static constexpr std::uint32_t none = TagIndex::none;
  [[nodiscard]] Tag tag_of(PageNumber vpn, Context context, bool global) const {
    return {vpn >> unit_bits_, context_in_tag_ ? pack(context, global) : 0};
  }
  [[nodiscard]] unsigned unit_of(PageNumber vpn) const {
    return static_cast<unsigned>(vpn) & (units_ - 1);
  }
  [[nodiscard]] std::uint32_t set_of(PageNumber vpn) const {
    return static_cast<std::uint32_t>(vpn >> unit_bits_) & (sets_ - 1);
  }
  [[nodiscard]] bool unit_valid(std::uint32_t entry, unsigned unit) const {
    return (valid_units_[entry] >> unit & 1) != 0;
  }
  [[nodiscard]] std::size_t unit_at(std::uint32_t entry, unsigned unit) const {
    return (std::size_t{entry} << unit_bits_) + unit;
  }
  [[nodiscard]] std::uint64_t context_of(std::uint32_t entry, unsigned unit) const {
    return context_in_tag_ ? tags_[entry].context : unit_contexts_[unit_at(entry, unit)];
  }
  void touch(std::uint32_t entry, PageNumber vpn) {
    const std::uint32_t set = set_of(vpn);
    replacement_.touch(set, entry - set * ways_);
  }
  [[nodiscard]] Translation translation_of(PageNumber vpn, std::size_t unit) const;
  [[nodiscard]] bool content_matches(std::size_t unit, const Comparand& comparand) const;
  [[nodiscard]] std::uint32_t find_candidate(const Comparand& comparand) const;
  Place allocate(const Tag& tag, std::uint32_t set);
  void write(std::uint32_t entry, const Translation& translation, Context context);
  unsigned install_beside(std::uint32_t entry, const Translation& asked, Context context,
                          std::span<const Translation> others);
  void free_entry(std::uint32_t entry, std::uint32_t set);

  std::uint32_t units_;
  unsigned unit_bits_;
  std::uint32_t sets_;
  std::uint32_t ways_;
  bool context_in_tag_;
  bool line_fill_;

  TagIndex tags_;
  std::vector<std::uint32_t> valid_units_;  ///< one bit a unit
  std::vector<Unit> unit_array_;
  std::vector<std::uint64_t> unit_contexts_;  ///< packed; empty where the tag holds the context
  std::vector<std::uint32_t> live_in_set_;
  std::uint32_t live_globals_ = 0;  ///< live entries with a global tag
  ReplacementState replacement_;
  InvalidationTime time_;
  TlbStatistics counted_;  ///< all but what evictions add
  std::array<std::uint64_t, 17> evictions_by_units_{};
};

inline Translation BurstTlb::translation_of(PageNumber vpn, std::size_t unit) const {
  const Unit& u = unit_array_[unit];
  return {.vpn = vpn,
          .pfn = u.pfn(),
          .order = u.order(),
          .permissions = u.permissions(),
          .attributes = u.attributes(),
          .verdict_order = 0};  // a unit knows of no page but its own
}

inline bool BurstTlb::content_matches(std::size_t unit, const Comparand& comparand) const {
  // A store needs the D bit: with it clear the walker has to look again.
  if (comparand.access == Access::store && (unit_array_[unit].permissions() & pte::dirty) == 0) {
    return false;
  }
  return context_in_tag_ || unit_contexts_[unit] == pack(comparand.context, false) ||
         unit_contexts_[unit] == pack(comparand.context, true);
}

/// The entry whose tag matches; of a tag of the address space and a global one, the one that has
/// the unit.
inline std::uint32_t BurstTlb::find_candidate(const Comparand& comparand) const {
  const std::uint32_t own = tags_.find(tag_of(comparand.vpn, comparand.context, false));
  if (live_globals_ == 0) return own;
  if (own != none && unit_valid(own, unit_of(comparand.vpn))) return own;
  const std::uint32_t global = tags_.find(tag_of(comparand.vpn, comparand.context, true));
  return global != none ? global : own;
}

inline BurstTlb::Match BurstTlb::match(const Comparand& comparand) const {
  // The comparand is matched against the tags (claim) ...
  const std::uint32_t entry = find_candidate(comparand);
  if (entry == none) return {none, 0, false};
  // ... on a match, the VA bits just above the page offset select one candidate unit (claim) ...
  const unsigned selected = unit_of(comparand.vpn);
  if (!unit_valid(entry, selected)) return {entry, selected, false};
  // ... and only if the candidate's own content matches too is it a hit (claim).
  return {entry, selected, content_matches(unit_at(entry, selected), comparand)};
}

inline Lookup BurstTlb::lookup(const Comparand& comparand) {
  const Match found = match(comparand);
  return found.hit ? hit(comparand, found) : miss(comparand, found);
}

inline Lookup BurstTlb::hit(const Comparand& comparand, const Match& found) {
  ++counted_.lookups;
  ++counted_.hits;
  touch(found.entry, comparand.vpn);
  return {.outcome = Outcome::hit,
          .translation = translation_of(comparand.vpn, unit_at(found.entry, found.selected)),
          .entry = found.entry};
}

inline const BurstTlb::Unit* BurstTlb::hit(const Comparand& comparand) {
  const Match found = match(comparand);
  if (!found.hit) return nullptr;
  ++counted_.lookups;
  ++counted_.hits;
  touch(found.entry, comparand.vpn);
  return &unit_array_[unit_at(found.entry, found.selected)];
}

}  // namespace kilburn::burst_tlb
