#include "rmu/untouched_blocks.h"

namespace kilburn::rmu {

UntouchedBlocks::UntouchedBlocks(Granule granules) {
  // A run that reaches beyond the covered memory is none: what the tree lacks counts as touched.
  for (Granule runs = granules >> block_order; runs != 0; runs >>= 1) {
    touched_.emplace_back(runs, false);
  }
}

std::optional<unsigned> UntouchedBlocks::order(Granule granule) const {
  std::optional<unsigned> found;
  unsigned order = block_order;
  for (const std::vector<bool>& level : touched_) {
    const Granule run = granule >> order;
    if (run >= level.size() || level[run]) break;
    found = order++;
  }
  return found;
}

void UntouchedBlocks::touch(Granule first, Granule last) {
  unsigned order = block_order;
  for (std::vector<bool>& level : touched_) {
    for (Granule run = first >> order; run <= last >> order && run < level.size(); ++run) {
      level[run] = true;
    }
    ++order;
  }
}

}  // namespace kilburn::rmu
