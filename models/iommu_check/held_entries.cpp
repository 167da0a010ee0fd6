#include "iommu_check/held_entries.h"

#include <algorithm>

namespace kilburn::iommu::reference {

std::optional<unsigned> HeldEntries::Held::leaf_order() const {
  if (!is_stage() || !pte::is_leaf(words[0])) return std::nullopt;
  return (words[0] & pte::napot) != 0 ? napot_order : level_order(entry.level);
}

void HeldEntries::remember(const Entry& entry, const Words& value, bool global, Moment now) {
  std::vector<Held>& here = held_[entry.at];
  const auto same = std::ranges::find_if(here, [&](const Held& held) {
    return held.is(entry) && held.global == global && held.entry.owner == entry.owner &&
           held.entry.page == entry.page && held.entry.level == entry.level &&
           std::equal(held.words.begin(), held.words.end(), value.begin());
  });
  if (same != here.end()) {
    same->last = now;
    return;
  }
  if (entry.kind == Entry::Kind::message) messages_.push_back(entry.at);
  here.push_back({.entry = entry,
                  .words = {value.begin(), value.begin() + entry.words},
                  .global = global,
                  .last = now});
}

template <class Matches>
void HeldEntries::erase_if(Matches matches) {
  for (auto at = held_.begin(); at != held_.end();) {
    std::erase_if(at->second, matches);
    at = at->second.empty() ? held_.erase(at) : std::next(at);
  }
}

void HeldEntries::forget_messages() {
  for (const Address at : messages_) {
    if (const auto here = held_.find(at); here != held_.end()) {
      std::erase_if(here->second,
                    [](const Held& held) { return held.entry.kind == Entry::Kind::message; });
    }
  }
  messages_.clear();
}

std::vector<Words> HeldEntries::values(const Entry& entry) const {
  std::vector<Words> result;
  const auto here = held_.find(entry.at);
  if (here == held_.end()) return result;
  for (const Held& held : here->second) {
    if (!held.is(entry)) continue;
    Words value{};
    std::ranges::copy(held.words, value.begin());
    if (std::ranges::find(result, value) == result.end()) result.push_back(value);
  }
  return result;
}

void HeldEntries::erase(const AddressSpaces::Change& change, Moment start) {
  erase_if([&](const Held& held) {
    const Owner& owner = held.entry.owner;
    if (held.last >= start) return false;
    if (held.entry.kind !=
        (change.guest_stage ? Entry::Kind::second_stage : Entry::Kind::first_stage)) {
      return false;
    }
    // Without GSCID a VMA concerns the host, a GVMA all guests.
    if (change.gscid ? owner.gscid != change.gscid : !change.guest_stage && owner.gscid) {
      return false;
    }
    if (change.pscid && (owner.pscid != *change.pscid || held.global)) return false;
    if (!change.page) return true;
    const auto order = held.leaf_order();
    return order && (held.entry.page ^ *change.page) >> *order == 0;
  });
}

void HeldEntries::erase(const DirectoryInvalidation& what) {
  erase_if([&](const Held& held) {
    const Entry& entry = held.entry;
    const bool of_device = entry.kind == Entry::Kind::device;
    if (!of_device && entry.kind != Entry::Kind::process) return false;
    if (!what.device) return true;
    if (entry.owner.device != *what.device) return false;
    if (!what.process) return !of_device || entry.level == 0;
    return !of_device && entry.owner.process == *what.process && entry.level == 0;
  });
}

void HeldEntries::erase_frames(const Invalidation& invalidation) {
  erase_if([&](const Held& held) {
    if (!held.is_stage()) return !invalidation.last_level;
    const auto order = held.leaf_order();
    if (!order) return false;
    const PageNumber first = pte::pfn(held.words[0]) >> *order << *order;
    const PageNumber pages = PageNumber{1} << *order;
    return invalidation.covers_frame(first) && invalidation.covers_frame(first + pages - 1);
  });
}

}  // namespace kilburn::iommu::reference
