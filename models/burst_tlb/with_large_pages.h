// A TLB, and beside it a small one for leaves larger than 64 KiB.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "burst_tlb/burst_tlb.h"
#include "burst_tlb/large_page_tlb.h"
#include "burst_tlb/tlb.h"

namespace kilburn::burst_tlb {

/// Leaves over 64 KiB go to a LargePageTlb, all others to `Array`: any TLB that looks up in two
/// steps, `match`, then `hit` or `miss`. The large pages answer where nothing of the array matches;
/// then the array need not find out how it missed. The statistics are those of both. Time: the
/// array's, since both are looked up at once.
template <class Array>
class WithLargePages final : public Tlb {
 public:
  WithLargePages(std::unique_ptr<Array> array, std::uint32_t large_page_entries)
      : array_(std::move(array)), large_pages_(large_page_entries) {}

  [[nodiscard]] Array& array() { return *array_; }

  Lookup lookup(const Comparand& comparand) override {
    const auto found = array_->match(comparand);
    if (found.hit) return array_->hit(comparand, found);
    if (!large_pages_.empty()) {
      if (const LargePageTlb::Hit large = large_pages_.lookup(comparand); large.valid) {
        ++hits_;
        return {.outcome = Outcome::hit, .translation = large.translation, .side = true};
      }
    }
    return array_->miss(comparand, found);
  }

  Fill fill(const Translation& translation, Context context,
            std::span<const Translation> neighbours) override {
    if (translation.piece_order() <= napot_order) {
      return array_->fill(translation, context, neighbours);
    }
    large_pages_.fill(translation, context);
    ++fills_;
    return {.units_filled = 1};
  }

  unsigned siblings(const Comparand& comparand, const Lookup& hit,
                    std::span<Translation, max_siblings> out) const override {
    return hit.side ? 0 : array_->siblings(comparand, hit, out);
  }

  unsigned invalidate(const Invalidation& invalidation) override {
    const unsigned large = large_pages_.invalidate(invalidation);
    invalidated_ += large;
    return array_->invalidate(invalidation) + large;
  }
  [[nodiscard]] Cycles invalidation_cycles(const Invalidation& invalidation) const override {
    return array_->invalidation_cycles(invalidation);
  }

  [[nodiscard]] TlbStatistics statistics() const override {
    TlbStatistics result = array_->statistics();
    result.lookups += hits_;
    result.hits += hits_;
    result.side_hits = hits_;
    result.fills += fills_;
    result.units_filled += fills_;
    result.units_invalidated += invalidated_;
    return result;
  }

  [[nodiscard]] std::uint64_t reach_bytes() const override {
    return array_->reach_bytes() + large_pages_.reach_bytes();
  }

 private:
  std::unique_ptr<Array> array_;
  LargePageTlb large_pages_;
  std::uint64_t hits_ = 0;  ///< of the large pages alone; so the others
  std::uint64_t fills_ = 0;
  std::uint64_t invalidated_ = 0;
};

/// `array` as the TLB that `config` describes: with large pages beside it where it says so.
template <class Array>
[[nodiscard]] std::unique_ptr<Tlb> with_large_pages(const TlbConfig& config,
                                                    std::unique_ptr<Array> array) {
  if (!config.has_side()) return array;
  return std::make_unique<WithLargePages<Array>>(std::move(array), config.side_entries);
}

/// The burst TLB that `tlb` is, or has as its array, for BurstTlb::hit. Null: it is another.
[[nodiscard]] BurstTlb* burst_array(Tlb& tlb);

}  // namespace kilburn::burst_tlb
