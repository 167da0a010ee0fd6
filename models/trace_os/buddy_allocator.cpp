#include "trace_os/buddy_allocator.h"

#include <bit>
#include <cassert>

#include "common/random.h"

namespace kilburn::trace_os {
namespace {

constexpr unsigned top = BuddyAllocator::max_order;
/// One in so many leaf blocks up to this order is held by others out of turn, so that the free
/// blocks of a fully aged memory are not simply every other frame.
constexpr std::uint64_t one_in_skipped = 8;
constexpr unsigned skipped_order = 3;

/// For each order k: the chance that a block of order k, still whole, is broken, such that the
/// order of the leaf block that holds a given frame is binomial(top, 1 - aging).
std::array<double, top + 1> break_probabilities(double aging) {
  std::array<double, top + 1> mass{};  // mass[k]: chance of order k; row of Pascal's triangle
  mass[0] = 1.0;
  for (unsigned trials = 1; trials <= top; ++trials) {
    for (unsigned k = trials; k > 0; --k) mass[k] = mass[k] * aging + mass[k - 1] * (1.0 - aging);
    mass[0] *= aging;
  }
  std::array<double, top + 1> breaks{};
  double below = 0.0;
  for (unsigned k = 0; k <= top; ++k) {
    const double up_to = below + mass[k];
    breaks[k] = up_to > 0.0 ? below / up_to : 0.0;
    below = up_to;
  }
  return breaks;
}

}  // namespace

BuddyAllocator::BuddyAllocator(PageNumber first, PageNumber frames, double aging,
                               std::uint64_t seed)
    : first_(first),
      end_(first + frames),
      aged_(aging > 0.0),
      seed_(mix64(seed)),
      break_probability_(break_probabilities(aging)),
      random_(mix64(seed_) | 1) {
  assert(frames > 0 && aging >= 0.0 && aging <= 1.0 && "checked with the configuration");
  blocks_ = (end_ - origin() + (PageNumber{1} << top) - 1) >> top;
  for (unsigned order = 0; order <= top; ++order) free_.emplace_back(blocks_ << (top - order));
}

std::optional<PageNumber> BuddyAllocator::allocate(unsigned order) {
  assert(order <= top);
  while (orders_ >> order == 0) {
    if (next_block_ == blocks_) return std::nullopt;
    age_next();
  }
  unsigned from = order + static_cast<unsigned>(std::countr_zero(orders_ >> order));
  std::uint64_t index = choose(from);
  remove(from, index);
  while (from > order) {
    --from;
    index *= 2;
    insert(from, index + 1);
  }
  free_frames_ -= PageNumber{1} << order;
  return origin() + (index << order);
}

void BuddyAllocator::free(PageNumber frame, unsigned order) {
  assert(order <= top && frame >= first_ && frame + (PageNumber{1} << order) <= end_);
  assert((frame & ((PageNumber{1} << order) - 1)) == 0 && "blocks are naturally aligned");
  assert(!is_free(frame) && "a block is freed once");
  std::uint64_t index = (frame - origin()) >> order;
  free_frames_ += PageNumber{1} << order;
  while (order < top && free_[order].test(index ^ 1)) {
    remove(order, index ^ 1);
    index /= 2;
    ++order;
  }
  insert(order, index);
}

bool BuddyAllocator::is_free(PageNumber frame) {
  assert(frame >= first_ && frame < end_);
  while ((frame - origin()) >> top >= next_block_) age_next();
  for (unsigned order = 0; order <= top; ++order) {
    if (free_[order].test((frame - origin()) >> order)) return true;
  }
  return false;
}

PageNumber BuddyAllocator::free_frames() {
  while (next_block_ < blocks_) age_next();
  return free_frames_;
}

Histogram BuddyAllocator::free_blocks() const {
  Histogram blocks = Histogram::linear(top);
  for (unsigned order = 0; order <= top; ++order) blocks.add(order, free_[order].count());
  return blocks;
}

/// Leaf blocks are free in turn: every other one of them, starting with the first or the second,
/// whichever leaves more memory free.
void BuddyAllocator::age_next() {
  std::vector<Leaf> leaves;
  collect_leaves(top, next_block_++, leaves);
  if (!aged_) {
    for (const Leaf& leaf : leaves) insert(leaf.order, leaf.index);
    for (const Leaf& leaf : leaves) free_frames_ += PageNumber{1} << leaf.order;
    return;
  }
  std::erase_if(leaves, [&](const Leaf& leaf) {
    return leaf.order <= skipped_order &&
           mix64(~seed_ ^ (leaf.index << 5 | leaf.order)) % one_in_skipped == 0;
  });
  std::array<PageNumber, 2> frames{};
  for (std::size_t i = 0; i < leaves.size(); ++i) frames[i % 2] += PageNumber{1} << leaves[i].order;
  const std::size_t start = frames[1] > frames[0] ? 1 : 0;
  for (std::size_t i = start; i < leaves.size(); i += 2) insert(leaves[i].order, leaves[i].index);
  free_frames_ += frames[start];
}

/// Leaf blocks of one block, ascending. What sticks out of the arena is broken until it does not.
void BuddyAllocator::collect_leaves(unsigned order, std::uint64_t index,
                                    std::vector<Leaf>& leaves) const {
  const PageNumber start = origin() + (index << order);
  const PageNumber end = start + (PageNumber{1} << order);
  if (end <= first_ || start >= end_) return;
  const bool sticks_out = start < first_ || end > end_;
  if (!sticks_out && !breaks(order, index)) {
    leaves.push_back({index, order});
    return;
  }
  collect_leaves(order - 1, 2 * index, leaves);
  collect_leaves(order - 1, 2 * index + 1, leaves);
}

bool BuddyAllocator::breaks(unsigned order, std::uint64_t index) const {
  // A pure function of seed and block, so that a greater aging breaks a superset of the blocks.
  const std::uint64_t hash = mix64(seed_ ^ (index << 5 | order));
  return static_cast<double>(hash >> 11) * 0x1p-53 < break_probability_[order];
}

void BuddyAllocator::insert(unsigned order, std::uint64_t index) {
  free_[order].set(index);
  orders_ |= 1u << order;
}

void BuddyAllocator::remove(unsigned order, std::uint64_t index) {
  free_[order].clear(index);
  if (free_[order].empty()) orders_ &= ~(1u << order);
}

std::uint64_t BuddyAllocator::choose(unsigned order) {
  std::uint64_t from = 0;
  if (aged_) from = next_random(random_) % (next_block_ << (top - order));
  auto found = free_[order].find(from);
  if (!found) found = free_[order].find(0);
  assert(found && "the order's bit says that there is one");
  return *found;
}

}  // namespace kilburn::trace_os
