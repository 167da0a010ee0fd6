// What a configuration must be where harts run software, and what software is told of it.
#pragma once

#include <string>
#include <string_view>

#include "device/tree_nodes.h"
#include "interconnect/interconnect.h"
#include "platform/node/platform_config.h"

namespace kilburn::board {

/// The configuration as harts that software can see through need it. Throws InputError naming the
/// parameter that would have them do what they cannot.
[[nodiscard]] platform::PlatformConfig checked(platform::PlatformConfig config);
/// A hart begins where there is something to fetch: throws InputError where riscv.reset_vector lies
/// elsewhere in `map`.
void check_reset_vector(const platform::PlatformConfig& config,
                        const interconnect::AddressMap& map);

/// Harts have first-level caches.
[[nodiscard]] inline bool has_caches(const platform::PlatformConfig& config) {
  return config.riscv.timing == riscv::Timing::caches;
}

/// riscv,isa and mmu-type of the device tree.
[[nodiscard]] std::string isa_of(const platform::PlatformConfig& config);
[[nodiscard]] std::string_view mmu_type_of(PagingMode mode);

/// The RMU's node; the other devices have theirs from their modules.
[[nodiscard]] device::TreeNodes rmu_nodes();

}  // namespace kilburn::board
