// What a geometry of the page-table cache costs in storage.
#pragma once

#include <cstdint>

#include "page_table_cache/cache_config.h"

namespace kilburn::page_table_cache {

/// In bits.
struct StorageBits {
  std::uint64_t tags = 0;  ///< what lookups and invalidation compare
  std::uint64_t replacement = 0;
  std::uint64_t total = 0;  ///< valid bits, tags, pointers, replacement state
};
[[nodiscard]] StorageBits storage_bits(const CacheConfig& config);

}  // namespace kilburn::page_table_cache
