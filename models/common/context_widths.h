// Widths of a context in hardware: what the tags of TLBs and page-table cache, the RTL's ports and
// the waveforms hold of who asks.
#pragma once

#include <limits>

#include "common/types.h"

namespace kilburn::context_widths {

/// RISC-V: ASIDs of RV64 have at most 16 bits.
inline constexpr unsigned asid = 16;
/// VMIDs of RV64 have at most 14 bits; one more tells guests from their host, and one a guest whose
/// own paging is on from one whose is off. Of several harts the upper bits say which
/// (common/context_numbers.h), and their VMIDs are as much shorter.
inline constexpr unsigned vmid = 16;
/// The width of the owner in an entry of the RMU's ownership table.
inline constexpr unsigned realm = 16;
/// Of a context in a tag, but for the global bit.
inline constexpr unsigned all = asid + vmid + realm;

// A context cannot say more than the hardware holds: nothing is cut off, so nothing is taken for
// another.
static_assert(std::numeric_limits<decltype(Context::asid)>::digits == asid);
static_assert(std::numeric_limits<decltype(Context::vmid)>::digits == vmid);
static_assert(std::numeric_limits<decltype(Context::realm)>::digits == realm);

}  // namespace kilburn::context_widths
