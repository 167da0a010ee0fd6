// A cache of contexts: set-associative or full, by a key of the device (and process).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/random.h"
#include "common/replacement.h"
#include "common/statistics.h"
#include "iommu/iommu_config.h"

namespace kilburn::iommu {

struct ContextCacheStatistics {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t fills = 0;
  std::uint64_t evictions = 0;
  std::uint64_t invalidated = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const ContextCacheStatistics&, const ContextCacheStatistics&) = default;
};

/// `Key` has a 64-bit number, `hash()`, and equality. No time: a hit is looked up beside the IOTLB.
template <class Key, class Context>
class ContextCache {
 public:
  explicit ContextCache(const ContextCacheConfig& config)
      : ways_(config.associativity()),
        sets_(config.sets()),
        entries_(config.entries),
        replacement_(config.replacement, sets_, ways_, 1) {}

  /// The context; null: not here.
  [[nodiscard]] const Context* lookup(const Key& key) {
    ++statistics_.lookups;
    const std::uint32_t set = set_of(key);
    for (std::uint32_t way = 0; way < ways_; ++way) {
      const Entry& entry = at(set, way);
      if (!entry.valid || entry.key != key) continue;
      ++statistics_.hits;
      replacement_.touch(set, way);
      return &entry.context;
    }
    return nullptr;
  }
  /// Not a lookup that counts.
  [[nodiscard]] bool holds(const Key& key) const {
    return std::ranges::any_of(entries_,
                               [&](const Entry& entry) { return entry.valid && entry.key == key; });
  }
  /// `key` is not here.
  void fill(const Key& key, const Context& context) {
    ++statistics_.fills;
    const std::uint32_t set = set_of(key);
    const auto place =
        replacement_.way_to_fill(set, [&](std::uint32_t way) { return !at(set, way).valid; });
    statistics_.evictions += place.evicts ? 1 : 0;
    at(set, place.way) = {key, context, true};
    replacement_.touch(set, place.way);
  }
  template <class Matches>
  void invalidate(Matches matches) {
    for (Entry& entry : entries_) {
      if (!entry.valid || !matches(entry.key)) continue;
      entry.valid = false;
      ++statistics_.invalidated;
    }
  }
  [[nodiscard]] const ContextCacheStatistics& statistics() const { return statistics_; }

 private:
  struct Entry {
    Key key{};
    Context context{};
    bool valid = false;
  };
  [[nodiscard]] std::uint32_t set_of(const Key& key) const {
    return static_cast<std::uint32_t>(mix64(key.hash()) % sets_);
  }
  [[nodiscard]] Entry& at(std::uint32_t set, std::uint32_t way) {
    return entries_[std::size_t{set} * ways_ + way];
  }

  std::uint32_t ways_;
  std::uint32_t sets_;
  std::vector<Entry> entries_;
  ReplacementState replacement_;
  ContextCacheStatistics statistics_;
};

}  // namespace kilburn::iommu
