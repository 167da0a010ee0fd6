// Coalescing TLBs for comparison: contiguous (after CoLT-SA) and clustered.
// Sources: B. Pham et al., "CoLT: Coalesced Large-Reach TLBs", MICRO 2012; B. Pham et al.,
// "Increasing TLB Reach by Exploiting Clustering in Page Translations", HPCA 2014.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "burst_tlb/invalidation_time.h"
#include "burst_tlb/tag.h"
#include "burst_tlb/tlb.h"

namespace kilburn::burst_tlb {

/// An entry serves an aligned group of pages as the burst TLB's does, but holds ONE base frame, one
/// set of permissions and attributes. contiguous: page i of the group must lie in frame base + i.
/// clustered: every frame must lie in one aligned cluster as large as the group; each unit holds
/// the frame's place within it. Pages that do not fit get an entry of their own, so several live
/// entries may bear one tag; a page is in one at the most. A large leaf is a unit for each page
/// filled; WithLargePages holds it beside.
/// Not modelled: permission checks. Time: as BurstTlb.
class CoalescedTlb final : public Tlb {
 public:
  explicit CoalescedTlb(const TlbConfig& config);

  Lookup lookup(const Comparand& comparand) override;
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

  /// The entry that holds the page, if one does, and whether the access may use it.
  struct Match {
    std::uint32_t entry;
    bool hit;
  };
  /// `lookup` in two steps, for WithLargePages: `match` counts nothing, what follows it does.
  [[nodiscard]] Match match(const Comparand& comparand) const;
  Lookup hit(const Comparand& comparand, const Match& found);
  Lookup miss(const Comparand& comparand, const Match& found);

 private:
  /// What all pages of one entry must share.
  struct Shared {
    PageNumber base = 0;  ///< contiguous: frame of unit 0; clustered: the cluster's first frame
    std::uint8_t permissions = 0;
    std::uint8_t attributes = 0;
    std::uint8_t order = 0;
    friend bool operator==(const Shared&, const Shared&) = default;
  };
  struct Entry {
    Tag tag{};
    Shared shared{};
    std::uint32_t valid_units = 0;
  };
  static constexpr std::uint32_t none = TagIndex::none;

  [[nodiscard]] unsigned unit_of(PageNumber vpn) const {
    return static_cast<unsigned>(vpn) & (units_ - 1);
  }
  [[nodiscard]] Tag tag_of(PageNumber vpn, Context context, bool global) const {
    return {vpn >> unit_bits_, pack(context, global)};
  }
  /// The entry that holds a page, given as VPN and packed context.
  [[nodiscard]] std::uint32_t holder_of(const Tag& page) const {
    const std::uint32_t unit = pages_.find(page);
    return unit == none ? none : unit >> unit_bits_;
  }
  [[nodiscard]] Shared shared_of(const Translation& translation) const;
  [[nodiscard]] Translation translation_of(PageNumber vpn, std::uint32_t entry) const;
  [[nodiscard]] PageNumber frame(std::uint32_t entry, unsigned unit) const;
  template <class Predicate>
  [[nodiscard]] std::uint32_t find_in_set(const Tag& tag, Predicate predicate) const;
  [[nodiscard]] std::uint32_t find_page(PageNumber vpn, Context context) const;
  std::uint32_t allocate(const Tag& tag, Fill& done);
  void write(std::uint32_t entry, const Translation& translation, Fill& done);
  void clear_units(std::uint32_t entry, std::uint32_t units);

  bool clustered_;
  bool line_fill_;
  std::uint32_t units_;
  unsigned unit_bits_;
  std::uint32_t sets_;
  std::uint32_t ways_;
  std::vector<Entry> entries_;
  std::vector<std::uint8_t> place_;  ///< clustered: each unit's frame within the cluster
  std::vector<std::uint32_t> live_in_set_;
  /// Live pages (VPN and context) to units, numbered entry * units + unit: finds, decides nothing.
  TagIndex pages_;
  ReplacementState replacement_;
  InvalidationTime time_;
  TlbStatistics counted_;
};

}  // namespace kilburn::burst_tlb
