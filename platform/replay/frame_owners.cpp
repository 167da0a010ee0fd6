#include "platform/replay/frame_owners.h"

#include <algorithm>

namespace kilburn::platform {

namespace {

constexpr unsigned line_of_ptes_order = 3;  // a 64-byte line holds the PTEs of eight pages
constexpr unsigned order_step = 3;          // groups eight times as large as the next smaller ones

}  // namespace

FrameOwners::FrameOwners(const rmu::RmuConfig& rmu, bool fuse, unsigned leaf_order)
    : fuse_(fuse && rmu.max_order > 0),
      compares_mapping_(rmu.granule_order() == 0),
      first_frame_(rmu.memory_base >> page_shift),
      granule_order_(rmu.granule_order()),
      max_order_(rmu.max_order),
      blocks_(rmu.max_order) {
  for (unsigned order = line_of_ptes_order; order < max_order_; order += order_step) {
    orders_ |= 1U << order;
  }
  orders_ |= 1U << max_order_;
  if (leaf_order > granule_order_)
    orders_ |= 1U << std::min(leaf_order - granule_order_, max_order_);
}

void FrameOwners::give(PageNumber first, PageNumber frames, std::uint16_t realm, PageNumber vpn,
                       bool any, const Execute& execute) {
  for (PageNumber i = 0; i < frames; ++i) set_owner(first + i, realm, vpn + i, any, execute);
  if (!fuse_ || setting_up_) return;
  const Granule begin = granule_of(first);
  const Granule end = granule_of(first + frames - 1) + 1;
  for (Granule granule = begin; granule < end;) {
    fuse_round(granule, execute);
    const unsigned order = group_round(granule);
    granule = (granule >> order << order) + (Granule{1} << order);
  }
}

/// Gives one frame, which is in no group, on from whoever owns it.
void FrameOwners::set_owner(PageNumber pfn, std::uint16_t realm, PageNumber vpn, bool any,
                            const Execute& execute) {
  const bool anywhere = any || !compares_mapping_;
  const Granule granule = granule_of(pfn);
  const trace_os::Claim* const before = blocks_.claim_of(granule);
  // The owner may pass frames of its own on; the system (machine mode) those that nobody owns.
  execute({.code = rmu::CommandCode::set_owner,
           .target = pfn << page_shift,
           .realm = realm,
           .mapped = anywhere ? 0 : vpn,
           .mapped_any = anywhere,
           // Tables are reached from anywhere. A larger granule may get one beside the data.
           .data_only = !anywhere,
           .issuer = {.realm = before != nullptr ? before->realm : realm, .machine = true}},
          "give a frame to a realm");
  blocks_.claim(granule, {.realm = realm, .any = anywhere, .distance = anywhere ? 0 : vpn - pfn});
}

void FrameOwners::release(PageNumber first, PageNumber frames, const Execute& execute) {
  const Range range{granule_of(first), granule_of(first + frames - 1) + 1};
  const std::vector<Range> left = leave_groups(range, execute);
  // Their owner stays in the table, and here, until they are given again; their mapping is void.
  for (Granule granule = range.first; granule < range.end; ++granule) {
    const trace_os::Claim* const claim = blocks_.claim_of(granule);
    if (claim == nullptr) continue;
    const std::uint16_t realm = claim->realm;
    if (claim->any && compares_mapping_) {
      // It may have held a table. Said now, just behind the system's own invalidation of the
      // pointer to it, that costs caches of pointers nothing; said when it is used again, it would.
      execute({.code = rmu::CommandCode::set_owner,
               .target = address_of(granule),
               .realm = realm,
               .data_only = true,
               .issuer = {.realm = realm, .machine = true}},
              "take the frame of a page table back");
    }
    // A distance of its own: in no complete block.
    blocks_.claim(granule, {.realm = realm, .any = true, .distance = 1 + granule});
  }
  for (const Range& part : left) fuse_within(part, execute);
}

void FrameOwners::transfer(const std::vector<Mapped>& frames, std::uint16_t realm,
                           const Execute& execute) {
  std::vector<Range> left;
  for (const Mapped& frame : frames) {
    const Granule granule = granule_of(frame.pfn);
    for (const Range& part : leave_groups({granule, granule + 1}, execute)) left.push_back(part);
  }
  for (const Mapped& frame : frames) set_owner(frame.pfn, realm, frame.vpn, false, execute);
  for (const Range& part : left) fuse_within(part, execute);
  if (!fuse_ || setting_up_) return;
  for (const Mapped& frame : frames) fuse_round(granule_of(frame.pfn), execute);
}

void FrameOwners::end_setup(const Execute& execute) {
  setting_up_ = false;
  fuse_within({0, blocks_.end()}, execute);
}

/// Order of the largest group that a complete block of order `complete` can make; 0: none.
unsigned FrameOwners::group_order_for(unsigned complete) const {
  unsigned order = complete;
  while (order > 0 && (orders_ >> order & 1) == 0) --order;
  return order;
}

/// Order of the group that the granule is a member of; 0: of none.
unsigned FrameOwners::group_round(Granule granule) const {
  for (unsigned order = 1; order <= max_order_; ++order) {
    const Granule head = granule >> order << order;
    if (head < group_order_.size() && group_order_[head] == order) return order;
  }
  return 0;
}

/// Shatters the groups that have members in `range`; what they spanned.
std::vector<FrameOwners::Range> FrameOwners::leave_groups(Range range, const Execute& execute) {
  std::vector<Range> left;
  for (Granule granule = range.first; granule < range.end;) {
    const unsigned order = group_round(granule);
    const Granule head = granule >> order << order;
    const Granule end = head + (Granule{1} << order);
    if (order > 0) {
      shatter_within({head, end}, execute);
      left.push_back({head, end});
    }
    granule = end;
  }
  return left;
}

void FrameOwners::shatter_within(Range range, const Execute& execute) {
  const Granule end = std::min<Granule>(range.end, group_order_.size());
  for (Granule head = range.first; head < end;) {
    const unsigned order = group_order_[head];
    if (order > 0) {
      execute({.code = rmu::CommandCode::shatter,
               .target = address_of(head),
               .order = order,
               .issuer = {.machine = true}},
              "shatter a group");
      group_order_[head] = 0;
    }
    head += Granule{1} << order;
  }
}

/// Fuses the largest complete region round the granule, unless it is fused.
void FrameOwners::fuse_round(Granule granule, const Execute& execute) {
  const unsigned order = group_order_for(blocks_.order_round(granule));
  if (order == 0 || group_round(granule) >= order) return;
  const Granule head = granule >> order << order;
  const Granule end = head + (Granule{1} << order);
  shatter_within({head, end}, execute);
  execute({.code = rmu::CommandCode::fuse,
           .target = address_of(head),
           .order = order,
           .issuer = {.machine = true}},
          "fuse a region");
  if (group_order_.size() < end) group_order_.resize(end, 0);
  group_order_[head] = static_cast<std::uint8_t>(order);
}

void FrameOwners::fuse_within(Range range, const Execute& execute) {
  if (!fuse_ || setting_up_) return;
  for (Granule granule = range.first; granule < range.end;) {
    fuse_round(granule, execute);
    const unsigned fused = group_round(granule);
    const unsigned order = fused > 0 ? fused : blocks_.order_round(granule);
    granule = (granule >> order << order) + (Granule{1} << order);
  }
}

}  // namespace kilburn::platform
