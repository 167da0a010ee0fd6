#include "burst_tlb/tag.h"

namespace kilburn::burst_tlb {

void TagIndex::erase(const Tag& tag) {
  std::size_t hole = home(tag);
  while (slots_[hole].tag != tag || slots_[hole].entry == none) hole = next(hole);
  // Close the gap: pull back each follower whose home does not lie behind the hole.
  for (std::size_t at = next(hole); slots_[at].entry != none; at = next(at)) {
    const std::size_t mask = slots_.size() - 1;
    const std::size_t distance_home = (at - home(slots_[at].tag)) & mask;
    const std::size_t distance_hole = (at - hole) & mask;
    if (distance_home >= distance_hole) {
      slots_[hole] = slots_[at];
      hole = at;
    }
  }
  slots_[hole] = Slot{};
}

}  // namespace kilburn::burst_tlb
