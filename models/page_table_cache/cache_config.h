// Parameters and statistics of the page-table cache.
#pragma once

#include <cstdint>

#include "common/page_table.h"
#include "common/parameters.h"
#include "common/replacement.h"
#include "common/statistics.h"

namespace kilburn::page_table_cache {

/// The last two are what Barr, Cox and Rixner (ISCA 2010) call the unified translation cache and
/// the translation-path cache.
enum class Organisation : std::uint8_t {
  off,               ///< no cache
  physical,          ///< tagged by the descriptor's physical address (US 12,292,837)
  translation,       ///< a pointer an entry, tagged by the virtual indices that lead to it
  translation_path,  ///< all pointers of one path an entry, found by the longest prefix
};
/// What an invalidation drops. The two that flush compare nothing.
enum class InvalidationPolicy : std::uint8_t {
  selective,                ///< what matches by hash (or indices) and process information
  flush_unless_last_level,  ///< everything, unless the operation says that only leaves changed
  flush_all,                ///< everything, whatever the operation says
};
enum class Stage : std::uint8_t { stage1, guest };

struct CacheConfig {
  Organisation organisation = Organisation::physical;
  InvalidationPolicy invalidation = InvalidationPolicy::selective;
  std::uint32_t entries = 32;
  std::uint32_t ways = 0;  ///< 0: fully associative
  std::uint32_t hash_bits = 8;
  bool spare_global = false;
  Replacement replacement = Replacement::lru;
  std::uint64_t seed = 1;
  std::uint32_t hit_cycles = 1;
  std::uint32_t invalidation_cycles = 1;
  /// Largest that the platform's tables have: how wide virtual tags are. No parameter.
  PagingMode mode = PagingMode::sv57;

  [[nodiscard]] std::uint32_t associativity() const { return ways == 0 ? entries : ways; }
  [[nodiscard]] std::uint32_t sets() const { return entries / associativity(); }
  /// One probe finds the deepest pointer on the way, and the walk starts there.
  [[nodiscard]] bool skips_levels() const {
    return organisation == Organisation::translation ||
           organisation == Organisation::translation_path;
  }
  [[nodiscard]] bool selective() const { return invalidation == InvalidationPolicy::selective; }
  void visit(ParameterVisitor& v);
};

struct CacheStatistics {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t reads_saved = 0;
  std::uint64_t installs = 0;
  std::uint64_t evictions = 0;
  std::uint64_t invalidations = 0;
  std::uint64_t last_level_operations = 0;
  std::uint64_t entries_dropped = 0;
  std::uint64_t entries_kept = 0;
  std::uint64_t over_killed = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const CacheStatistics&, const CacheStatistics&) = default;
};

}  // namespace kilburn::page_table_cache
