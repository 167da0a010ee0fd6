// What the fast path of a hart's accesses remembers, and the lookups that it owes.
#include <algorithm>
#include <boost/container/static_vector.hpp>
#include <cassert>

#include "riscv/memory/memory_path.h"

namespace kilburn::riscv {

MemoryPath::PhysicalWindow& MemoryPath::physical_window(Address physical, Access access,
                                                        Privilege privilege) {
  PhysicalWindow& window = physical_[static_cast<unsigned>(access)];
  if (window.contains(physical, physical)) return window;
  window = {};
  const Pmp::Verdict verdict = control_.pmp().check(physical, access, privilege);
  if (!verdict.allowed) return window;
  const MainMemory::Region* region = memory_.find(physical, 1);
  if (region == nullptr) {  // nor is the rest of its page
    const Address page = physical - physical % page_bytes;
    window.first = std::max(verdict.first, page);
    window.last = std::min(verdict.last, page + page_bytes - 1);
    return window;
  }
  window.first = std::max(verdict.first, region->base);
  window.last = std::min(verdict.last, region->base + region->host.size() - 1);
  const Address offset = window.first - region->base;
  window.host = region->host.data() + offset;
  window.marks = memory_.marks(*region) + (offset >> page_shift);
  return window;
}

void MemoryPath::remember_page(Address va, const Translation& translation, Access access,
                               bool side) {
  if (!fast_) return;
  const Address offset = va % page_bytes;
  const Address frame = translation.pfn << page_shift;
  const std::uint8_t permissions = translation.permissions;
  PrivilegeState privilege = data_space_.privilege;
  // See mmu::judge_hit: of two stages MXR asks for a walk.
  if (data_space_.regime.guest_stage != PagingMode::bare) privilege.mxr = false;
  // The array, where it has the page with its D bit clear, may answer a load all the same.
  const bool loads =
      permits(permissions, Access::load, privilege) && !(side && access == Access::store);
  // A store to a page whose D bit is clear is a miss.
  const bool stores =
      permits(permissions, Access::store, privilege) && (permissions & pte::dirty) != 0;
  remember({.va = va,
            .physical = frame + offset,
            .first = frame,
            .last = frame + page_bytes - 1,
            .loads = loads,
            .stores = stores,
            .lookup = (side ? side_lookup : array_lookup) +
                      (data_space_.is_process_access(va) ? process_lookup : 0)});
}

void MemoryPath::remember_range(Address physical, const mmu::VerdictBuffer::Verdict& verdict) {
  if (!fast_) return;
  remember({.va = physical,
            .physical = physical,
            .first = verdict.first << page_shift,
            .last = (verdict.last() << page_shift) + (page_bytes - 1),
            .stores = verdict.writable});
}

void MemoryPath::remember(const Usable& usable) {
  const Privilege privilege = data_space_.privilege.privilege;
  Address first = usable.first;
  Address last = usable.last;
  const PhysicalWindow* memory = nullptr;
  const auto narrow = [&](bool wanted, Access access) {
    if (!wanted) return false;
    const PhysicalWindow& window = physical_window(usable.physical, access, privilege);
    if (window.host == nullptr || !window.contains(usable.physical, usable.physical)) return false;
    first = std::max(first, window.first);
    last = std::min(last, window.last);
    memory = &window;
    return true;
  };
  const bool loads = narrow(usable.loads, Access::load);
  const bool stores = narrow(usable.stores, Access::store);
  constexpr unsigned widest = 8;
  if (memory == nullptr || last - first < widest - 1) return;
  const std::uint64_t span = last - first - (widest - 2);
  window_of(usable.va) = {
      .first = usable.va - (usable.physical - first),
      .load_span = loads ? span : 0,
      .store_span = stores ? span : 0,
      .host = memory->host + (first - memory->first),
      .marks = memory->marks + ((first >> page_shift) - (memory->first >> page_shift)),
      .physical = first,
      .lookup = usable.lookup,
  };
}

void MemoryPath::look_up_owed() {
  if (!data_space_.translated()) {
    owed_ = 0;
    for (Window& window : windows_) window.last_use = 0;
    return;
  }
  process_accesses_ += owed_ / process_lookup;
  owed_ %= process_lookup;
  boost::container::static_vector<Window*, windows> used;
  for (Window& window : windows_) {
    if (window.last_use != 0) used.push_back(&window);
  }
  std::ranges::sort(used, {}, &Window::last_use);
  for (Window* window : used) {
    const Access access = window->store_span != 0 ? Access::store : Access::load;
    const mmu::Request request{window->first, access, data_space_.privilege, data_space_.regime};
    if (mmu_.hit(request) == nullptr) {
      [[maybe_unused]] const mmu::FirstLevel found = mmu_.lookup(request);
      assert(found.hit && "nothing has changed since it did");
    }
    owed_ -= window->lookup % process_lookup;
    window->last_use = 0;
  }
  const std::uint64_t side = owed_ >> count_bits;
  const std::uint64_t all = owed_ & count_mask;
  mmu_.count_repeats(Access::load, side, true);
  mmu_.count_repeats(Access::load, all - side, false);
  owed_ = 0;
}

bool MemoryPath::direct_code(PageNumber page) {
  if (!fast_) return false;
  const Address first = page << page_shift;
  const PhysicalWindow& window =
      physical_window(first, Access::fetch, fetch_space_.privilege.privilege);
  return window.host != nullptr && window.contains(first, first + page_bytes - 1);
}

}  // namespace kilburn::riscv
