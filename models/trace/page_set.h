// Counts the distinct 4 KiB pages of a stream of addresses.
#pragma once

#include <cstdint>
#include <vector>

#include "common/random.h"
#include "common/types.h"

namespace kilburn::trace {

/// A set of page numbers: an open-addressed table of regions of 64 pages, a bit a page. 16 bytes a
/// region, so that 64 GiB touched densely cost 4 to 8 MB.
class PageSet {
 public:
  void insert(PageNumber page) {
    Region& region = find(page / 64 + 1);
    const std::uint64_t bit = std::uint64_t{1} << (page % 64);
    pages_ += (region.pages & bit) == 0 ? 1 : 0;
    region.pages |= bit;
  }
  [[nodiscard]] std::uint64_t size() const { return pages_; }

 private:
  struct Region {
    std::uint64_t key = 0;  ///< page / 64 + 1; 0: unused
    std::uint64_t pages = 0;
  };

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
