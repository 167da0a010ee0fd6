// Counts the distinct 4 KiB pages of a stream of addresses.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "common/random.h"
#include "common/types.h"

namespace kilburn::trace {

/// A set of page numbers: an open-addressed table of regions of 64 pages, a bit a page. 16 bytes a
/// region, so that 64 GiB touched densely cost 4 to 8 MB.
class PageSet {
 public:
  /// True where it is new.
  bool insert(PageNumber page) {
    Region& region = find(page / 64 + 1);
    const std::uint64_t bit = std::uint64_t{1} << (page % 64);
    const bool is_new = (region.pages & bit) == 0;
    pages_ += is_new ? 1 : 0;
    region.pages |= bit;
    return is_new;
  }
  [[nodiscard]] bool contains(PageNumber page) const {
    const Region* region = known(page / 64 + 1);
    return region != nullptr && (region->pages >> (page % 64) & 1) != 0;
  }
  /// Takes out what is there of [first, first + count); how many pages that were.
  std::uint64_t erase(PageNumber first, PageNumber count) {
    const std::uint64_t before = pages_;
    const PageNumber end = count > ~first ? ~PageNumber{0} : first + count;
    if ((end - first) / 64 < table_.size()) {
      for (PageNumber key = first / 64 + 1; key <= end / 64 + 1; ++key) {
        if (Region* region = known(key)) erase_in(*region, first, end);
      }
    } else {  // more regions than there are: look at those that there are
      for (Region& region : table_) {
        if (region.key != 0) erase_in(region, first, end);
      }
    }
    return before - pages_;
  }
  /// Pages that are in `other`, too.
  [[nodiscard]] std::uint64_t shared_with(const PageSet& other) const {
    std::uint64_t shared = 0;
    for (const Region& region : table_) {
      if (region.key == 0) continue;
      const Region* theirs = other.known(region.key);
      if (theirs != nullptr) {
        shared += static_cast<unsigned>(std::popcount(region.pages & theirs->pages));
      }
    }
    return shared;
  }
  [[nodiscard]] std::uint64_t size() const { return pages_; }

 private:
  struct Region {
    std::uint64_t key = 0;  ///< page / 64 + 1; 0: unused
    std::uint64_t pages = 0;
  };

  [[nodiscard]] const Region* known(std::uint64_t key) const {
    for (std::uint64_t i = mix64(key);; ++i) {
      const Region& region = table_[i & (table_.size() - 1)];
      if (region.key == key) return &region;
      if (region.key == 0) return nullptr;
    }
  }
  [[nodiscard]] Region* known(std::uint64_t key) {
    return const_cast<Region*>(std::as_const(*this).known(key));
  }
  /// Of a region, the pages of [first, end).
  void erase_in(Region& region, PageNumber first, PageNumber end) {
    const PageNumber begin = (region.key - 1) * 64;
    if (end <= begin || first >= begin + 64) return;
    std::uint64_t bits = ~std::uint64_t{0};
    if (first > begin) bits &= ~std::uint64_t{0} << (first - begin);
    if (end < begin + 64) bits &= ~(~std::uint64_t{0} << (end - begin));
    pages_ -= static_cast<unsigned>(std::popcount(region.pages & bits));
    region.pages &= ~bits;
  }
  Region& find(std::uint64_t key) {
    for (std::uint64_t i = mix64(key);; ++i) {
      Region& region = table_[i & (table_.size() - 1)];
      if (region.key == key) return region;
      if (region.key != 0) continue;
      if (2 * regions_ >= table_.size()) {
        grow();
        return find(key);
      }
      ++regions_;
      region.key = key;
      return region;
    }
  }
  void grow() {
    std::vector<Region> old(table_.size() * 2);
    old.swap(table_);
    for (const Region& region : old) {
      if (region.key == 0) continue;
      std::uint64_t i = mix64(region.key);
      while (table_[i & (table_.size() - 1)].key != 0) ++i;
      table_[i & (table_.size() - 1)] = region;
    }
  }

  std::vector<Region> table_ = std::vector<Region>(1024);
  std::uint64_t regions_ = 0;
  std::uint64_t pages_ = 0;
};

}  // namespace kilburn::trace
