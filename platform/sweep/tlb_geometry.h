// The TLBs of a platform by their paths, and what their geometry costs in storage.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "platform/node/platform_config.h"

namespace kilburn::platform::sweep {

inline constexpr std::array<std::string_view, 3> tlb_paths = {"mmu.itlb", "mmu.dtlb", "mmu.l2tlb"};

/// Null where `path` is none of them.
[[nodiscard]] burst_tlb::TlbConfig* find_tlb(PlatformConfig& config, std::string_view path);

/// The largest legal number of entries, 1 to 65536, whose storage fits into `budget` bits: with
/// `ways`, a multiple of them and a power of two of sets; tree_plru over all entries: a power of
/// two. Nothing where not even the smallest fits.
[[nodiscard]] std::optional<std::uint32_t> most_entries(burst_tlb::TlbConfig tlb, PagingMode mode,
                                                        std::uint64_t budget);

/// The conventional TLB whose storage comes nearest to that of `tlb`, else as it is: what a burst
/// TLB is compared with. One with sets may have more ways, fewer than twice as many: sets are a
/// power of two, and twice as many are twice the storage.
[[nodiscard]] burst_tlb::TlbConfig conventional_of_equal_bits(burst_tlb::TlbConfig tlb,
                                                              PagingMode mode);

}  // namespace kilburn::platform::sweep
