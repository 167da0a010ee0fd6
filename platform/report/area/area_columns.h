// Areas as columns of `kilburn sweep export`.
#pragma once

#include <string>
#include <vector>

#include "platform/report/area/derived_statistics.h"
#include "platform/sweep/export.h"

namespace kilburn::platform::report {

/// Of each TLB of which something is synthesised: <tlb>.gates, .flip_flops, .unit_memory_bits,
/// .gate_equivalents with its weights as the unit, and .area_source in words. None where the
/// database has no areas. Throws InputError where it is no results database.
[[nodiscard]] std::vector<sweep::ExtraColumn> area_columns(const std::string& database,
                                                           const GateEquivalents& weights);

}  // namespace kilburn::platform::report
