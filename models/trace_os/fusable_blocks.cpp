#include "trace_os/fusable_blocks.h"

#include <algorithm>

namespace kilburn::trace_os {

bool FusableBlocks::complete(unsigned order, std::uint64_t block) const {
  if (order == 0) return claim_of(block) != nullptr;
  const std::vector<bool>& blocks = complete_[order - 1];
  return block < blocks.size() && blocks[block];
}

void FusableBlocks::claim(std::uint64_t granule, const Claim& claim) {
  drop(granule);
  if (granule >= claims_.size()) {
    // Whole blocks of the largest order, and twofold, so that growing is rare.
    const std::uint64_t block = std::uint64_t{1} << complete_.size();
    const std::uint64_t wanted = std::max(granule + 1, 2 * claims_.size());
    const std::uint64_t size = (wanted + block - 1) / block * block;
    claims_.resize(size);
    for (std::size_t i = 0; i < complete_.size(); ++i) complete_[i].resize(size >> (i + 1), false);
  }
  claims_[granule] = {claim, true};
  for (unsigned order = 0; order < complete_.size(); ++order) {
    const std::uint64_t beside = granule >> order ^ 1;
    const bool alike = complete(order, beside) && claims_[beside << order].claim == claim;
    if (!alike) return;
    complete_[order][granule >> (order + 1)] = true;
  }
}

void FusableBlocks::drop(std::uint64_t granule) {
  if (granule >= claims_.size()) return;
  claims_[granule].valid = false;
  for (unsigned order = 1; order <= complete_.size() && complete(order, granule >> order);
       ++order) {
    complete_[order - 1][granule >> order] = false;
  }
}

unsigned FusableBlocks::order_round(std::uint64_t granule) const {
  unsigned order = 0;
  while (order < complete_.size() && complete(order + 1, granule >> (order + 1))) ++order;
  return order;
}

}  // namespace kilburn::trace_os
