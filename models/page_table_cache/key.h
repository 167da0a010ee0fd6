// What a page-table cache is asked, and what it answers.
#pragma once

#include <cstdint>

#include "common/types.h"
#include "page_table_cache/cache_config.h"

namespace kilburn::page_table_cache {

/// Which descriptor, and for whom it is fetched. A guest's G-stage descriptors belong to the VMID:
/// their ASID is not compared.
/// Example: Sv39, root table at frame 0x100, VA 0x4020'1000: the root descriptor has pa 0x10'0008,
/// page 0x40201, level 2.
struct Key {
  Address pa = 0;       ///< of the 8-byte descriptor
  PageNumber page = 0;  ///< virtual page being translated; G-stage: guest-physical page
  unsigned level = 0;   ///< of the descriptor; 0 is the last level and never enters
  Stage stage = Stage::stage1;
  Context context{};

  /// Whom the descriptor belongs to.
  [[nodiscard]] Context owner() const {
    return {stage == Stage::guest ? std::uint16_t{0} : context.asid, context.vmid, context.realm};
  }
};

struct Lookup {
  bool hit = false;
  std::uint64_t descriptor = 0;  ///< on a hit
  unsigned level = 0;            ///< on a hit: level of the descriptor
  Cycles cycles = 0;
};

/// What one invalidation did.
struct Invalidated {
  std::uint32_t dropped = 0;
  std::uint32_t kept = 0;  ///< entries live afterwards
  Cycles cycles = 0;
};

}  // namespace kilburn::page_table_cache
