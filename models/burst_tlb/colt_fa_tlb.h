// CoLT-FA for comparison: a fully associative TLB whose entries hold runs of contiguous pages of
// any length and place, beside large pages. Source: B. Pham et al., "CoLT: Coalesced Large-Reach
// TLBs", MICRO 2012, section 4 (CoLT-FA).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "burst_tlb/invalidation_time.h"
#include "burst_tlb/tag.h"
#include "burst_tlb/tlb.h"

namespace kilburn::burst_tlb {

/// An entry maps pages first, first + 1, ... to frames base, base + 1, ...; permissions (D
/// included), attributes and order are those of all. A look-up compares ranges: first <= VPN <
/// first + length. A fill takes the contiguous run round the page asked for that the fetched line
/// of PTEs shows
/// (`fill = single`: that page alone), and joins it with live entries that it touches. A leaf over
/// 64 KiB is an entry of its own, never joined. No two live entries of a context hold the same
/// page. Ours, where the paper leaves it open: a run has at most 1024 pages; an entry that held the
/// page otherwise keeps the longer part of what is left of it; an invalidation drops whole entries.
/// Not modelled: permission checks, the set-associative TLB that the paper has beside it. Time: as
/// BurstTlb. No RTL.
class ColtFaTlb final : public Tlb {
 public:
  static constexpr unsigned length_bits = 10;
  static constexpr PageNumber longest = PageNumber{1} << length_bits;  ///< pages of a run

  explicit ColtFaTlb(const TlbConfig& config);

  /// There are no units: a miss is miss_tag or, for a store to a page whose D is clear,
  /// miss_content.
  Lookup lookup(const Comparand& comparand) override;
  /// `in_place`: joined with, or written over, an entry that was there.
  Fill fill(const Translation& translation, Context context,
            std::span<const Translation> neighbours) override;
  /// The pages of the run in the aligned group of eight.
  unsigned siblings(const Comparand& comparand, const Lookup& hit,
                    std::span<Translation, max_siblings> out) const override;
  unsigned invalidate(const Invalidation& invalidation) override;
  [[nodiscard]] Cycles invalidation_cycles(const Invalidation& invalidation) const override {
    return time_.of(invalidation);
  }
  [[nodiscard]] TlbStatistics statistics() const override;
  [[nodiscard]] std::uint64_t reach_bytes() const override;

 private:
  struct Run {
    PageNumber first = 0;
    PageNumber pages = 0;  ///< 0: the entry is free
    PageNumber base = 0;   ///< frame of the first page
    std::uint64_t context = 0;
    std::uint8_t permissions = 0;
    std::uint8_t attributes = 0;
    std::uint8_t order = 0;
    std::uint8_t verdict_order = 0;
    bool large = false;

    [[nodiscard]] bool live() const { return pages != 0; }
    [[nodiscard]] PageNumber end() const { return first + pages; }
    [[nodiscard]] bool covers(PageNumber vpn) const { return vpn - first < pages; }
    [[nodiscard]] unsigned units() const { return large ? 1 : static_cast<unsigned>(pages); }
    [[nodiscard]] bool overlaps(const Run& other) const {
      return first < other.end() && other.first < end();
    }
    [[nodiscard]] bool touches(const Run& other) const {
      return first <= other.end() && other.first <= end();
    }
    /// Pages of both could stand in one entry, were they side by side.
    [[nodiscard]] bool same_content(const Run& other) const {
      return !large && !other.large && context == other.context &&
             base - first == other.base - other.first && permissions == other.permissions &&
             attributes == other.attributes && order == other.order;
    }
    void shrink(PageNumber new_first, PageNumber new_end) {
      base += new_first - first;
      first = new_first;
      pages = new_end - new_first;
    }
    void widen(const Run& other);
    void cut_off(const Run& other, PageNumber kept);
  };
  static constexpr std::uint32_t none = UINT32_MAX;

  [[nodiscard]] static Run run_of(const Translation& translation, Context context);
  [[nodiscard]] std::uint32_t find(PageNumber vpn, std::uint64_t context) const;
  [[nodiscard]] Run coalesced(const Run& asked, const Translation& translation, Context context,
                              std::span<const Translation> neighbours) const;
  std::uint32_t displace(const Run& asked);
  std::uint32_t join(Run& run, PageNumber asked);
  std::uint32_t allocate(Fill& done);

  bool line_fill_;
  std::vector<Run> entries_;
  ReplacementState replacement_;
  InvalidationTime time_;
  TlbStatistics counted_;
};

}  // namespace kilburn::burst_tlb
