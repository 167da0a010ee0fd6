#include "rmu/ownership_cache.h"

#include <algorithm>

namespace kilburn::rmu {

Governing governing_in_line(const LineEntries& line, Granule granule) {
  const Granule first = granule & ~(line_entries - 1);
  for (unsigned order = line_order; order > 0; --order) {
    const Granule head = granule >> order << order;
    if (line[head - first].order >= order) return {line[head - first], head};
  }
  return {line[granule - first], granule};
}

OwnershipCache::OwnershipCache(std::uint32_t lines, Replacement replacement, std::uint64_t seed)
    : lines_(lines), replacement_(replacement, 1, std::max(lines, 1U), seed) {}

std::optional<std::uint32_t> OwnershipCache::way_of(Granule granule) const {
  for (std::uint32_t way = 0; way < lines_.size(); ++way) {
    const Line& line = lines_[way];
    if (line.valid && (granule ^ line.first) >> line.order == 0) return way;
  }
  return std::nullopt;
}

std::optional<Governing> OwnershipCache::find(Granule granule) {
  const std::optional<std::uint32_t> way = way_of(granule);
  if (!way) return std::nullopt;
  replacement_.touch(0, *way);
  const Line& line = lines_[*way];
  if (line.order > line_order) return Governing{line.entries[0], line.first};
  return governing_in_line(line.entries, granule);
}

void OwnershipCache::install(const LineEntries& line, Granule granule) {
  if (lines_.empty()) return;
  const Granule first = granule & ~(line_entries - 1);
  drop(first, std::max<unsigned>(line[0].order, line_order));
  const auto is_free = [&](std::uint32_t i) { return !lines_[i].valid; };
  const std::uint32_t way = replacement_.way_to_fill(0, is_free).way;
  lines_[way] = {true, std::max<unsigned>(line[0].order, line_order), first, line};
  replacement_.touch(0, way);
}

void OwnershipCache::drop(Granule first, unsigned order) {
  for (Line& line : lines_) {
    const unsigned larger = std::max(line.order, order);
    if ((line.first ^ first) >> larger == 0) line.valid = false;
  }
}

}  // namespace kilburn::rmu
