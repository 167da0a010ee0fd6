#include "ftl/namespace_map.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <new>

namespace kilburn::ftl {

NamespaceMap::NamespaceMap(const FtlConfig& config, std::uint32_t capacity)
    : capacity_(capacity),
      by_units_(config.mapping == Mapping::allocation_units),
      unit_shift_(
          static_cast<unsigned>(std::countr_zero(config.allocation_unit_bytes / unit_bytes))),
      unit_mask_((1u << unit_shift_) - 1),
      v2p_(static_cast<Entry*>(std::calloc(std::max(capacity, 1u), sizeof(Entry)))) {
  static_assert(sizeof(Entry) == 4);
  if (v2p_ == nullptr) throw std::bad_alloc();
#ifdef MADV_HUGEPAGE
  // Requests come anywhere in it.
  constexpr std::size_t huge = std::size_t{2} << 20;
  void* at = v2p_.get();
  std::size_t bytes = std::size_t{capacity} * sizeof(Entry);
  if (std::align(huge, huge, at, bytes) != nullptr) {
    ::madvise(at, bytes - (bytes % huge), MADV_HUGEPAGE);
  }
#endif
  if (by_units_) unit_free_.assign(capacity >> unit_shift_, true);
}

std::uint32_t NamespaceMap::taken_by(std::uint32_t size) const {
  return by_units_ ? (size + unit_mask_) & ~unit_mask_ : size;
}

std::uint32_t NamespaceMap::free_units() const {
  std::uint32_t taken = 0;
  for (const NamespaceId space : order_) {
    // A growing namespace has its indices from the start.
    const bool grows = space == move_.resized && move_.up;
    taken += taken_by(grows ? move_.size : table_[space].size);
  }
  return capacity_ - taken;
}

bool NamespaceMap::fits(NamespaceId space, std::uint32_t more) const {
  if (more > capacity_) return false;
  const std::uint32_t size = space == 0 ? 0 : table_[space].size;
  if (more > capacity_ - size) return false;
  return taken_by(size + more) - taken_by(size) <= free_units();
}

std::optional<NamespaceId> NamespaceMap::lowest_free_id() const {
  for (NamespaceId space = 1; space <= Identity::last_space; ++space) {
    if (!table_[space].present) return space;
  }
  return std::nullopt;
}

void NamespaceMap::create(NamespaceId space, std::uint32_t size, Attributes attributes) {
  assert(!table_[space].present && !resizing() && fits(0, size));
  std::uint32_t start = 0;
  if (!by_units_ && !order_.empty()) {
    const Namespace& last = table_[order_.back()];
    start = last.start + last.size;
  }
  Namespace& row = table_[space];
  row = {.present = true,
         .start = start,
         .size = 0,
         .mapped = 0,
         .attributes = attributes,
         .units = {}};
  if (by_units_) take_units(row, size);
  row.size = size;
  order_.push_back(space);
}

std::uint64_t NamespaceMap::remove(NamespaceId space) {
  begin_shrinking(space, 0);
  std::uint64_t moved = 0;
  while (const std::uint32_t now = step(capacity_)) moved += now;
  finish();
  table_[space] = {};
  std::erase(order_, space);
  return moved;
}

void NamespaceMap::take_units(Namespace& row, std::uint32_t size) {
  std::uint32_t number = 0;
  while (row.units.size() << unit_shift_ < size) {
    while (!unit_free_[number]) ++number;
    unit_free_[number] = false;
    row.units.push_back(number);
  }
}

void NamespaceMap::give_units(Namespace& row, std::uint32_t size) {
  while (row.units.size() > taken_by(size) >> unit_shift_) {
    unit_free_[row.units.back()] = true;
    row.units.pop_back();
  }
}

}  // namespace kilburn::ftl
