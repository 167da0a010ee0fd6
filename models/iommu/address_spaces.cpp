#include "iommu/address_spaces.h"

#include "common/random.h"

namespace kilburn::iommu {

void AddressSpaceStatistics::visit(StatisticVisitor& v) const {
  v.counter("opened", opened, "spaces", "address spaces that got a number");
  v.counter("evictions", evictions, "spaces", "that lost it to another");
  v.counter("exhausted", exhausted, "transactions",
            "refused because translations were under way for every number");
}

AddressSpaces::AddressSpaces(std::uint16_t first, unsigned count, Invalidator& invalidator)
    : first_(first), invalidator_(invalidator), slots_(count) {}

std::size_t AddressSpaces::Hash::operator()(const AddressSpace& space) const {
  std::uint64_t hash = mix64(space.regime.root ^ std::uint64_t{space.pscid} << 44);
  hash = mix64(hash ^ space.regime.guest_root ^ std::uint64_t{space.gscid} << 44);
  hash = mix64(hash ^ space.files.pattern ^ space.files.mask << 12);
  return hash ^ static_cast<unsigned>(space.regime.stage1) << 1 ^ (space.to_guest_physical ? 1 : 0);
}

AddressSpaces::Opened AddressSpaces::open(const AddressSpace& space, Cycles now) {
  Opened result;
  for (;;) {
    if (const auto known = find(space)) {
      slots_[*known].last_use = ++time_;
      result.use = Use(*this, *known);
      return result;
    }
    if (const auto slot = free_slot()) {
      install(*slot, space);
      result.use = Use(*this, *slot);
      return result;
    }
    const auto slot = victim();
    if (!slot) {
      ++statistics_.exhausted;
      return result;
    }
    ++statistics_.evictions;
    Slot& leaving = slots_[*slot];
    leaving.state = Slot::State::closing;
    if (const auto known = open_.find(leaving.space); known != open_.end()) {
      if (known->second == *slot) open_.erase(known);
    }
    const InvalidateResult done = invalidator_.invalidate(
        {.operation = Invalidation::Operation::by_vmid, .context = leaving.regime.context},
        now + result.latency);
    result.latency += done.cycles;
    if (done.ok) {
      leaving.state = Slot::State::free;
    } else {
      // Somebody may still use what was held under the number: it stays the space's.
      leaving.state = Slot::State::open;
      open_.try_emplace(leaving.space, *slot);
      ++statistics_.exhausted;
      return result;
    }
  }
}

std::optional<unsigned> AddressSpaces::find(const AddressSpace& space) {
  unsigned& hint = this->hint(space);
  if (slots_[hint].state == Slot::State::open && slots_[hint].space == space) return hint;
  const auto known = open_.find(space);
  if (known == open_.end()) return std::nullopt;
  return hint = known->second;
}

std::optional<unsigned> AddressSpaces::free_slot() const {
  for (unsigned i = 0; i < slots_.size(); ++i) {
    if (slots_[i].state == Slot::State::free) return i;
  }
  return std::nullopt;
}

std::optional<unsigned> AddressSpaces::victim() const {
  std::optional<unsigned> oldest;
  for (unsigned i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (slot.state != Slot::State::open || slot.uses != 0) continue;
    if (!oldest || slot.last_use < slots_[*oldest].last_use) oldest = i;
  }
  return oldest;
}

void AddressSpaces::install(unsigned slot, const AddressSpace& space) {
  ++statistics_.opened;
  Slot& into = slots_[slot];
  into.state = Slot::State::open;
  into.space = space;
  into.regime = space.regime;
  into.regime.context.vmid = vmid(slot);
  into.last_use = ++time_;
  open_.emplace(space, slot);
}

InvalidateResult AddressSpaces::invalidate(const Change& change, Cycles now) {
  InvalidateResult all;
  // Slots change while an acknowledgement is awaited, their number does not. What is opened
  // meanwhile reads the tables as software has left them.
  for (const Slot& slot : slots_) {
    if (slot.state == Slot::State::free) continue;
    const bool second = slot.regime.guest_stage != PagingMode::bare;
    const bool first = slot.regime.stage1 != PagingMode::bare;
    // A GVMA without GSCID concerns all guests, a VMA without one the host.
    const bool of_guest = change.gscid || change.guest_stage;
    if (second != of_guest || (change.gscid && slot.space.gscid != *change.gscid)) continue;
    if (change.pscid && (!first || slot.space.pscid != *change.pscid)) continue;
    Invalidation invalidation{.operation = Invalidation::Operation::by_vmid,
                              .context = slot.regime.context};
    if (change.page) {
      invalidation.operation = change.guest_stage ? Invalidation::Operation::by_guest_frame
                                                  : Invalidation::Operation::by_va;
      invalidation.vpn = *change.page;
    }
    const InvalidateResult one = invalidator_.invalidate(invalidation, now + all.cycles);
    all.cycles += one.cycles;
    if (one.ok) continue;
    all.ok = false;
    all.missing.insert(all.missing.end(), one.missing.begin(), one.missing.end());
  }
  return all;
}

}  // namespace kilburn::iommu
