// What a platform puts in the place of a first-level TLB: the model, its RTL, or both.
#pragma once

#include <memory>
#include <string_view>

#include "burst_tlb/port_tlb.h"
#include "mmu/mmu.h"

namespace kilburn::platform {

/// The first-level TLB that `config` describes; `path` names it in errors. Throws InputError where
/// the RTL of that geometry is not built.
std::unique_ptr<burst_tlb::Tlb> make_first_level_tlb(const mmu::FirstLevelConfig& config,
                                                     std::string_view path);
/// The array alone of those that are not the model alone: burst_tlb::with_large_pages completes it.
std::unique_ptr<burst_tlb::PortTlb> make_rtl_tlb(const mmu::FirstLevelConfig& config,
                                                 std::string_view path);

}  // namespace kilburn::platform
