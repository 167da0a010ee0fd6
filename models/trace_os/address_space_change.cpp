// What an address space takes away or changes: unmap, remap, protect, and the frames that wait
// until no translation of them is held.
#include <algorithm>
#include <cassert>
#include <utility>

#include "trace_os/address_space.h"

namespace kilburn::trace_os {

namespace {

/// Widens the invalidation to take in a leaf.
void cover(Invalidation& invalidation, PageNumber vpn, unsigned order) {
  const PageNumber leaf_end = vpn + (PageNumber{1} << order);
  if (invalidation.pages == 0) {
    invalidation.vpn = vpn;
    invalidation.pages = leaf_end - vpn;
    return;
  }
  const PageNumber end = std::max(invalidation.vpn + invalidation.pages, leaf_end);
  invalidation.vpn = std::min(invalidation.vpn, vpn);
  invalidation.pages = end - invalidation.vpn;
}

}  // namespace

Change AddressSpace::unmap(PageNumber vpn, PageNumber pages) {
  const PageNumber end = clip(vpn, pages);
  Change change = begin_change();
  split_at(vpn, change);
  split_at(end, change);
  tables_.for_each_leaf(vpn, end, [&](PageNumber first, const WalkEnd& leaf) {
    tables_.clear_leaf(leaf);
    quarantine(change, leaf.pfn(), leaf.order());
    cover(change.invalidation, first, leaf.order());
    ++change.leaves;
    counts_.frames_used -= PageNumber{1} << leaf.order();
    counts_.unmaps += PageNumber{1} << leaf.order();
  });
  if (config_.placement == Placement::eager) reservations_.release(vpn, end, arena_);
  for (const PageNumber table : tables_.prune(vpn, end)) {
    quarantine(change, table, 0);
    --counts_.table_frames;
    change.invalidation.last_level = false;
  }
  return change;
}

Change AddressSpace::remap(PageNumber vpn) {
  Change change = begin_change();
  if (clip(vpn, 1) == vpn || !tables_.walk(vpn).mapped()) return change;
  split_at(vpn, change);
  split_at(vpn + 1, change);
  const WalkEnd leaf = tables_.walk(vpn);
  const PageNumber frame = take_frame();
  tables_.write_leaf(leaf.entry_address, frame, 0, tables_.flags(leaf));
  quarantine(change, leaf.pfn(), 0);
  cover(change.invalidation, vpn, 0);
  ++change.leaves;
  ++counts_.remaps;
  report(FrameEvent::Use::data, frame, 0, vpn);
  return change;
}

Change AddressSpace::protect(PageNumber vpn, PageNumber pages, std::uint64_t permissions) {
  assert(pte::is_leaf(permissions & (pte::read | pte::execute)) &&
         (permissions & ~permission_bits) == 0 && "an entry without R and X is no leaf");
  const PageNumber end = clip(vpn, pages);
  Change change = begin_change();
  split_at(vpn, change);
  split_at(end, change);
  tables_.for_each_leaf(vpn, end, [&](PageNumber first, const WalkEnd& leaf) {
    const std::uint64_t flags = tables_.flags(leaf);
    if ((flags & permission_bits) == permissions) return;
    const Address at =
        PageTables::entry_address(leaf.entry_address >> page_shift, first, leaf.level);
    tables_.write_leaf(at, leaf.pfn(), leaf.order(), (flags & ~permission_bits) | permissions);
    cover(change.invalidation, first, leaf.order());
    ++change.leaves;
    ++counts_.protects;
  });
  return change;
}

/// A leaf that begins before `vpn` and reaches beyond becomes 4 KiB leaves of the same frames.
void AddressSpace::split_at(PageNumber vpn, Change& change) {
  if (vpn >= tables_.user_pages()) return;
  const WalkEnd leaf = tables_.walk(vpn);
  if (!leaf.mapped()) return;
  const unsigned order = leaf.order();
  const PageNumber first = align_down(vpn, order);
  if (first == vpn) return;
  const std::uint64_t flags = tables_.flags(leaf);
  if (leaf.level == 0) {
    tables_.write_small_leaves(
        PageTables::entry_address(leaf.entry_address >> page_shift, first, 0), leaf.pfn(), order,
        flags);
  } else {
    const PageNumber table = take_table();
    tables_.write_small_leaves(table << page_shift, leaf.pfn(), order, flags);
    tables_.write(leaf.entry_address, pte::make(table, pte::valid));
    change.invalidation.last_level = false;
  }
  cover(change.invalidation, first, order);
  ++change.splits;
  ++counts_.splits;
}

PageNumber AddressSpace::clip(PageNumber vpn, PageNumber pages) const {
  const PageNumber limit = tables_.user_pages();
  return vpn >= limit ? vpn : vpn + std::min(pages, limit - vpn);
}

Change AddressSpace::begin_change() {
  Change change{.id = ++changes_};
  // What a G-stage leaf translates may be a guest's page table, of which caches keep descriptors.
  const bool guest = stage_ == Stage::guest;
  change.invalidation = {.operation = guest ? Invalidation::Operation::by_guest_frame
                                            : Invalidation::Operation::by_va_asid,
                         .pages = 0,
                         .context = context_,
                         .last_level = !guest};
  return change;
}

void AddressSpace::quarantine(const Change& change, PageNumber pfn, unsigned order) {
  quarantine_.push_back({change.id, pfn, order});
  counts_.quarantined_frames += PageNumber{1} << order;
}

void AddressSpace::release_invalidated(std::uint64_t id) {
  std::erase_if(quarantine_, [&](const Quarantined& block) {
    if (block.change != id) return false;
    arena_.free(block.pfn, block.order);
    counts_.quarantined_frames -= PageNumber{1} << block.order;
    report(FrameEvent::Use::released, block.pfn, block.order, 0);
    return true;
  });
}

}  // namespace kilburn::trace_os
