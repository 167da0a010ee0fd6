#include "page_table_cache/storage_bits.h"

#include <bit>

#include "common/context_widths.h"
#include "common/replacement.h"

namespace kilburn::page_table_cache {
StorageBits storage_bits(const CacheConfig& config) {
  if (config.organisation == Organisation::off) return {};
  constexpr std::uint64_t physical_bits = page_shift + pte::pfn_bits;
  constexpr std::uint64_t realm = context_widths::realm;
  constexpr std::uint64_t process = context_widths::all + 1;  // and the stage
  constexpr std::uint64_t level = 3;
  constexpr std::uint64_t pointer = pte::pfn_bits + 1;  // the next table and G
  const std::uint64_t index = std::bit_width(config.sets()) - 1u;
  // The finest region is that of level 1; G-stage addresses are two bits wider.
  const std::uint64_t region = virtual_bits(config.mode) + 2 - page_shift - level_order(1);
  const std::uint64_t pa = physical_bits - 3 - index;

  std::uint64_t tag = 0;
  std::uint64_t payload = 1 + pointer;  // with its valid bit
  switch (config.organisation) {
    case Organisation::off:
      break;
    case Organisation::physical:
      tag = pa + realm;  // enough for those that flush
      if (config.selective()) tag = pa + config.hash_bits + level + process;
      break;
    case Organisation::translation:
      tag = region - index + level + process;
      break;
    case Organisation::translation_path:
      tag = region + process;
      payload *= levels(config.mode) - 1;
      break;
  }
  const std::uint64_t replacement =
      config.sets() * replacement_bits(config.replacement, config.associativity());
  return {config.entries * tag, replacement, config.entries * (tag + payload) + replacement};
}

}  // namespace kilburn::page_table_cache
