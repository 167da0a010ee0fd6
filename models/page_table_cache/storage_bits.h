// What a geometry of the page-table cache costs in storage.
#pragma once

#include <cstdint>

#include "page_table_cache/cache_config.h"

namespace kilburn::page_table_cache {

/// In bits. `tags` are what lookups and invalidation compare; `tags_with_full_address` what they
/// would be if each entry held its virtual region, not a hash.
struct StorageBits {
  std::uint64_t tags = 0;
  std::uint64_t tags_with_full_address = 0;
  std::uint64_t replacement = 0;
  std::uint64_t total = 0;  ///< valid bits, tags, pointers, replacement state
};
[[nodiscard]] StorageBits storage_bits(const CacheConfig& config);

}  // namespace kilburn::page_table_cache
