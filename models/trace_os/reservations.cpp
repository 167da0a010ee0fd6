#include "trace_os/reservations.h"

#include <algorithm>

namespace kilburn::trace_os {

std::optional<PageNumber> Reservations::take(PageNumber vpn, unsigned order,
                                             BuddyAllocator& arena) {
  if (order > order_) return std::nullopt;
  const auto [place, is_new] = regions_.try_emplace(vpn >> order_);
  Region& region = place->second;
  if (is_new) {
    if (const auto block = arena.allocate(order_)) {
      region = {*block, std::vector<bool>(std::size_t{1} << order_, true)};
      frames_ += PageNumber{1} << order_;
    } else {
      ++fallbacks_;
    }
  }
  if (region.kept.empty()) return std::nullopt;
  const PageNumber offset = vpn & ((PageNumber{1} << order_) - 1);
  const auto first = region.kept.begin() + static_cast<std::ptrdiff_t>(offset);
  const auto last = first + (std::ptrdiff_t{1} << order);
  if (std::find(first, last, false) != last) return std::nullopt;
  std::fill(first, last, false);
  frames_ -= PageNumber{1} << order;
  return region.frame + offset;
}

void Reservations::release(PageNumber first, PageNumber end, BuddyAllocator& arena) {
  for (auto place = regions_.lower_bound(first >> order_); place != regions_.end();) {
    const PageNumber start = place->first << order_;
    const PageNumber stop = start + (PageNumber{1} << order_);
    if (start >= end) return;
    release(place->second, std::max(first, start) - start, std::min(end, stop) - start, arena);
    const bool inside = start >= first && stop <= end;
    place = inside ? regions_.erase(place) : std::next(place);
  }
}

void Reservations::release(Region& region, PageNumber from, PageNumber to, BuddyAllocator& arena) {
  if (region.kept.empty()) return;
  for (PageNumber page = from; page < to; ++page) {
    if (!region.kept[page]) continue;
    region.kept[page] = false;
    arena.free(region.frame + page, 0);
    --frames_;
  }
}

}  // namespace kilburn::trace_os
