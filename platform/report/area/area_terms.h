// What the gates and flip-flops of a TLB are made of, counted from the structure of its RTL
// (rtl/burst_tlb): each term grows with entries, ways, units and widths as the RTL's loops do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "platform/report/area/rtl_geometry.h"

namespace kilburn::platform::report {

enum class AreaMeasure : std::uint8_t { gates, flip_flops };

/// "gates", "flip_flops".
[[nodiscard]] std::string_view name_of(AreaMeasure measure);

inline constexpr std::size_t area_terms = 7;

/// What each term is, in the order of `terms_of`: "tag row read", "set selection", ...
[[nodiscard]] std::string_view area_term_name(AreaMeasure measure, std::size_t term);

/// Gates (of two inputs), or flip-flops, of each part as counted by hand. Their sum is an estimate
/// that needs no synthesis.
[[nodiscard]] std::array<double, area_terms> terms_of(AreaMeasure measure,
                                                      const RtlGeometry& geometry);

/// Bits of the units' memory, which the synthesis keeps as memory: neither gates nor flip-flops.
[[nodiscard]] double unit_memory_bits(const RtlGeometry& geometry);

}  // namespace kilburn::platform::report
