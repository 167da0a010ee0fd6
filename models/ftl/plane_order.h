// The order in which pages are striped over the array.
#pragma once

#include <vector>

#include "ftl/ftl_config.h"
#include "nand/geometry.h"

namespace kilburn::ftl {

/// All planes; the first letter's part changes fastest. Example: cwdp with two channels of one
/// package, one die and two planes: planes 0, 2, 1, 3.
[[nodiscard]] std::vector<nand::PlaneId> plane_order(const nand::Geometry& geometry,
                                                     AllocationOrder order);

}  // namespace kilburn::ftl
