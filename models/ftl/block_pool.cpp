#include "ftl/block_pool.h"

#include <algorithm>
#include <cassert>

namespace kilburn::ftl {

using nand::BlockId;
using nand::PageId;
using nand::PlaneId;

BlockPool::BlockPool(const FtlConfig& config, const nand::Array& array)
    : geometry_(array.geometry()),
      array_(array),
      policy_(config.victim_policy),
      collect_at_(config.collect_at),
      wear_difference_(config.wear_difference),
      blocks_(geometry_.all_blocks()),
      free_(geometry_.all_planes()),
      good_(geometry_.all_blocks()),
      metadata_reserve_(reserve_of(config, geometry_).metadata_blocks) {
  for (auto& each : open_) each.resize(geometry_.all_planes());
}

std::optional<BlockId> BlockPool::take_free(PlaneId plane, bool with_erasing, bool most_worn) {
  std::vector<BlockId>& free = free_[raw(plane)];
  auto best = free.end();
  for (auto at = free.begin(); at != free.end(); ++at) {
    if ((*this)[*at].erasing && !with_erasing) continue;
    const bool better =
        best == free.end() || (most_worn ? array_.erases(*at) > array_.erases(*best)
                                         : array_.erases(*at) < array_.erases(*best));
    if (better) best = at;
  }
  if (best == free.end()) return std::nullopt;
  const BlockId block = *best;
  *best = free.back();
  free.pop_back();
  --free_count_;
  return block;
}

std::optional<PageId> BlockPool::next_page(Stream stream, PlaneId plane) {
  Open& current = open(stream, plane);
  if (!current.valid) {
    // One free block is kept for the collection, which makes others.
    if (stream == Stream::host && (free_[raw(plane)].size() < 2 || free_count_ <= floor())) {
      return std::nullopt;
    }
    // What the collection moves changes seldom, and rests on worn blocks.
    const bool collects = stream == Stream::collection;
    const auto block = take_free(plane, collects, collects);
    if (!block) return std::nullopt;
    (*this)[*block].state = Block::State::open;
    current = {*block, 0, true};
  }
  return geometry_.page(current.block, current.page);
}

void BlockPool::advance(Stream stream, PageId page) {
  const PlaneId plane = geometry_.plane(geometry_.block(page));
  Open& current = open(stream, plane);
  assert(current.valid && geometry_.page(current.block, current.page) == page);
  if (++current.page == geometry_.pages) close(stream, plane);
}

void BlockPool::close(Stream stream, PlaneId plane) {
  Open& current = open(stream, plane);
  if (!current.valid) return;
  (*this)[current.block].state = Block::State::closed;
  current.valid = false;
}

BlockId BlockPool::take_filled(PlaneId plane) {
  const BlockId block = take_free(plane, false).value();
  (*this)[block].state = Block::State::closed;
  return block;
}

std::optional<BlockId> BlockPool::take_for_metadata() {
  const auto most = std::max_element(
      free_.begin(), free_.end(), [](const auto& a, const auto& b) { return a.size() < b.size(); });
  const auto block = take_free(PlaneId{static_cast<std::uint32_t>(most - free_.begin())}, true);
  if (block) set_metadata(*block);
  return block;
}

std::uint32_t BlockPool::room_for_collection(PlaneId plane) const {
  const Open& current = open_[static_cast<std::size_t>(Stream::collection)][raw(plane)];
  const auto free = static_cast<std::uint32_t>(free_[raw(plane)].size());
  const std::uint32_t pages =
      (current.valid ? geometry_.pages - current.page : 0) + (free * geometry_.pages);
  return pages * geometry_.frames();
}

std::optional<BlockId> BlockPool::victim(PlaneId plane, std::uint64_t now) const {
  const std::uint32_t frames = geometry_.frames_of_block();
  // A block that is nearly all valid costs much and gains little: other planes have better ones,
  // unless all are short. A gain is a page at the least, since pages are programmed whole.
  const std::uint32_t least_gain =
      std::max(2 * geometry_.frames() - 1, short_of_blocks() ? 1 : frames / 16);
  std::optional<BlockId> best;
  double best_score = -1.0;
  for (std::uint32_t i = 0; i < geometry_.blocks; ++i) {
    const BlockId id = geometry_.block(plane, i);
    const Block& block = (*this)[id];
    if (block.state != Block::State::closed || frames - block.valid < least_gain) continue;
    const auto gain = static_cast<double>(frames - block.valid);
    double score = gain;
    if (policy_ == VictimPolicy::cost_benefit) {
      const auto age = static_cast<double>(now - block.last_write + 1);
      score = block.valid == 0 ? 1e30 : age * gain / (2.0 * block.valid);
    }
    // Of equals the least worn: or else a few blocks are erased again and again.
    const bool less_worn = best && score == best_score && array_.erases(id) < array_.erases(*best);
    if (score > best_score || less_worn) {
      best_score = score;
      best = id;
    }
  }
  return best;
}

std::optional<BlockId> BlockPool::cold_block(PlaneId plane) const {
  std::optional<BlockId> coldest;
  std::uint32_t most = 0;
  for (std::uint32_t i = 0; i < geometry_.blocks; ++i) {
    const BlockId id = geometry_.block(plane, i);
    const Block& block = (*this)[id];
    if (block.state == Block::State::bad) continue;
    most = std::max(most, array_.erases(id));
    if (block.state != Block::State::closed) continue;
    if (!coldest || array_.erases(id) < array_.erases(*coldest)) coldest = id;
  }
  if (!coldest || most - array_.erases(*coldest) <= wear_difference_) return std::nullopt;
  return coldest;
}

void BlockPool::set_free(BlockId id, bool erasing) {
  Block& block = (*this)[id];
  block = {.state = Block::State::free, .erasing = erasing, .valid = 0, .last_write = 0};
  free_[raw(geometry_.plane(id))].push_back(id);
  ++free_count_;
}

void BlockPool::set_bad(BlockId id) {
  (*this)[id].state = Block::State::bad;
  --good_;
}

void BlockPool::reopen(BlockId id) {
  const PlaneId plane = geometry_.plane(id);
  for (const Stream stream : {Stream::host, Stream::collection}) {
    Open& current = open(stream, plane);
    if (current.valid) continue;
    current = {id, array_.programmed(id), true};
    (*this)[id].state = Block::State::open;
    return;
  }
}

std::optional<BlockId> BlockPool::open_of(Stream stream, PlaneId plane) const {
  const Open& current = open_[static_cast<std::size_t>(stream)][raw(plane)];
  return current.valid ? std::optional(current.block) : std::nullopt;
}

}  // namespace kilburn::ftl
