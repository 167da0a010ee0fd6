// How a translation is checked against the ownership table of physical memory (rmu).
#pragma once

#include <cstdint>

#include "common/types.h"

namespace kilburn {

struct OwnershipRequest {
  PageNumber frame = 0;
  PageNumber mapped = 0;  ///< the page it was translated from, for the reverse-mapping check
  Access access = Access::load;
  std::uint16_t realm = 0;
  bool table = false;  ///< a page-table read: no reverse-mapping check
};

struct OwnershipReply {
  bool allowed = true;
  bool writable = true;    ///< a store would be allowed too
  std::uint8_t order = 0;  ///< log2 of the frames, naturally aligned, that this one verdict covers
  Cycles latency = 0;
  /// A command is changing these rights: the access may proceed, but no translation may be kept,
  /// since the command's invalidation may already have passed.
  bool transient = false;
  /// The verdict is the same from whatever page the frames are reached: no reverse mapping is
  /// compared. Else it holds for the frames that follow one another as their pages do.
  bool any_page = false;
};

/// Of a verdict on all that has a 64-bit address.
inline constexpr std::uint8_t all_frames_order = 64 - page_shift;

class OwnershipCheck {
 public:
  virtual ~OwnershipCheck() = default;
  virtual OwnershipReply check(const OwnershipRequest& request, Cycles now) = 0;
};

}  // namespace kilburn
