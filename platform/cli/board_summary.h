// What a run of software did to the TLBs, in a screenful.
#pragma once

#include <string>

namespace kilburn::board {

class Board;

/// Instructions, cycles and, where harts have caches, what they waited for and how often those
/// missed; the TLBs of every hart and their classes of miss, walks, page-table cache, RMU; where
/// devices went through an IOMMU, its TLB and what their translations cost. Every number of it is
/// in the statistics, too.
[[nodiscard]] std::string summary(const Board& board);

}  // namespace kilburn::board
