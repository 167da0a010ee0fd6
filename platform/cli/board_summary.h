// What a run of software did to the TLBs, in a screenful.
#pragma once

#include <string>

namespace kilburn::board {

class Board;

/// Instructions, cycles, the TLBs of every hart and their classes of miss, walks, page-table cache,
/// RMU. Every number of it is in the statistics, too.
[[nodiscard]] std::string summary(const Board& board);

}  // namespace kilburn::board
