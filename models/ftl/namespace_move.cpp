// The resize itself.
#include <algorithm>
#include <cassert>
#include <cstring>

#include "ftl/namespace_map.h"

namespace kilburn::ftl {

void NamespaceMap::begin_growth(NamespaceId space, std::uint32_t size) {
  assert(!resizing() && size >= table_[space].size && fits(space, size - table_[space].size));
  move_ = {.resized = space, .up = true, .distance = size - table_[space].size, .size = size};
  if (by_units_) {
    take_units(table_[space], size);
    return;
  }
  next_up(order_.size());
}

void NamespaceMap::begin_shrinking(NamespaceId space, std::uint32_t size) {
  Namespace& row = table_[space];
  assert(!resizing() && size <= row.size);
  move_ = {.resized = space, .up = false, .distance = row.size - size, .size = size};
  row.size = size;
  if (by_units_) {
    give_units(row, size);
    return;
  }
  const auto at = std::find(order_.begin(), order_.end(), space);
  next_down(static_cast<std::size_t>(at - order_.begin()) + 1);
}

/// The one before `position` is next, from its high end; none where that is the resized one.
void NamespaceMap::next_up(std::size_t position) {
  move_.moving = 0;
  const NamespaceId space = order_[position - 1];
  if (space == move_.resized) return;
  move_.moving = space;
  move_.position = position - 1;
  move_.cursor = table_[space].size;
}

/// The one at `position` is next, from its low end.
void NamespaceMap::next_down(std::size_t position) {
  move_.moving = 0;
  if (position == order_.size()) return;
  move_.moving = order_[position];
  move_.position = position;
  move_.cursor = 0;
}

std::uint32_t NamespaceMap::step(std::uint32_t most) {
  if (move_.distance == 0) move_.moving = 0;
  while (move_.moving != 0) {
    const std::uint32_t moved = move_.up ? step_up(most) : step_down(most);
    if (moved != 0) return moved;
  }
  return 0;
}

std::uint32_t NamespaceMap::step_up(std::uint32_t most) {
  Namespace& row = table_[move_.moving];
  const std::uint32_t count = std::min(most, move_.cursor);
  const std::uint32_t from = row.start + move_.cursor - count;
  std::memmove(&v2p_[from + move_.distance], &v2p_[from], count * sizeof(Entry));
  // What was not moved over is vacated.
  clear(from, from + std::min(count, move_.distance));
  move_.cursor -= count;
  if (move_.cursor == 0) {
    row.start += move_.distance;
    next_up(move_.position);
  }
  return count;
}

std::uint32_t NamespaceMap::step_down(std::uint32_t most) {
  Namespace& row = table_[move_.moving];
  const std::uint32_t count = std::min(most, row.size - move_.cursor);
  const std::uint32_t from = row.start + move_.cursor;
  std::memmove(&v2p_[from - move_.distance], &v2p_[from], count * sizeof(Entry));
  clear(from + count - std::min(count, move_.distance), from + count);
  move_.cursor += count;
  if (move_.cursor == row.size) {
    row.start -= move_.distance;
    next_down(move_.position + 1);
  }
  return count;
}

void NamespaceMap::clear(std::uint32_t first, std::uint32_t end) {
  std::fill(&v2p_[first], &v2p_[end], Entry{});
}

void NamespaceMap::finish() {
  assert(resizing() && move_.moving == 0);
  table_[move_.resized].size = move_.size;
  move_ = {};
}

void NamespaceMap::abandon_growth() {
  const NamespaceId space = move_.resized;
  const std::uint32_t size = table_[space].size;
  finish();
  begin_shrinking(space, size);
  while (step(capacity_) != 0) continue;
  finish();
}

std::uint64_t NamespaceMap::left_to_move() const {
  if (move_.moving == 0) return 0;
  std::uint64_t left = move_.up ? move_.cursor : table_[move_.moving].size - move_.cursor;
  if (move_.up) {
    for (std::size_t i = move_.position; order_[--i] != move_.resized;)
      left += table_[order_[i]].size;
  } else {
    for (std::size_t i = move_.position + 1; i < order_.size(); ++i) left += table_[order_[i]].size;
  }
  return left;
}

}  // namespace kilburn::ftl
