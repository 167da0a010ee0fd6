// Where the accesses of a hart lie: translation, protection, ownership.
#include "riscv/memory/memory_path.h"

namespace kilburn::riscv {

namespace {

Cause access_fault(Access access) {
  constexpr Cause causes[] = {Cause::instruction_access, Cause::load_access, Cause::store_access};
  return causes[static_cast<unsigned>(access)];
}

Cause cause_of(Fault fault, Access access) {
  constexpr Cause page[] = {Cause::instruction_page, Cause::load_page, Cause::store_page};
  constexpr Cause guest[] = {Cause::instruction_guest_page, Cause::load_guest_page,
                             Cause::store_guest_page};
  switch (fault) {
    case Fault::page_fault:
      return page[static_cast<unsigned>(access)];
    case Fault::guest_page_fault:
      return guest[static_cast<unsigned>(access)];
    case Fault::access_fault:
    case Fault::none:
      break;
  }
  return access_fault(access);
}

/// What htinst and mtinst say of an access that the walker made for its own tables.
/// Source: RISC-V Privileged Architecture 1.12, table 8.10.
std::uint64_t pseudoinstruction(page_table_walker::FaultingAccess access) {
  using enum page_table_walker::FaultingAccess;
  switch (access) {
    case original:
      return 0;
    case table_read:
      return 0x3000;
    case table_write:
      return 0x3020;
  }
  return 0;
}

Exception address_exception(Cause cause, Address va, bool guest) {
  return {.cause = cause, .value = va, .guest_value = guest};
}

bool same_space(const AddressSpace& a, const AddressSpace& b) {
  return a.regime == b.regime && a.privilege == b.privilege && a.guest == b.guest;
}

}  // namespace

MemoryPath::MemoryPath(const HartConfig& config, unsigned hart, Connections connections,
                       const ControlState& control)
    : configured_fast_(config.fast_path),
      fast_(config.fast_path),
      hart_(hart),
      mmu_(connections.mmu),
      bus_(connections.bus),
      memory_(connections.memory),
      presence_(connections.memory.presence(hart)),
      control_(control),
      table_pmp_(control.pmp()),
      caches_(config, connections.caches, connections.bus) {
  refresh(true);
}

void MemoryPath::attach(Debugger* debugger) {
  debugger_ = debugger;
  watched();
}

void MemoryPath::observe(AccessObserver* observer) {
  observer_ = observer;
  watched();
}

/// Whoever watches sees every access: none goes round this path.
void MemoryPath::watched() {
  fast_ = configured_fast_ && debugger_ == nullptr && observer_ == nullptr;
  drop_windows();
}

bool MemoryPath::refresh(bool protection) {
  const AddressSpace fetch = control_.fetch_space();
  const AddressSpace data = control_.data_space();
  const bool same_fetch = same_space(fetch, fetch_space_) && !protection;
  const bool same_data = same_space(data, data_space_) && !protection;
  if (!same_data) {
    drop_windows();
    data_space_ = data;
    physical_[static_cast<unsigned>(Access::load)] = {};
    physical_[static_cast<unsigned>(Access::store)] = {};
  }
  if (!same_fetch) {
    fetch_space_ = fetch;
    physical_[static_cast<unsigned>(Access::fetch)] = {};
  }
  return !same_fetch;
}

// --- where ---

Located MemoryPath::translate(Address va, Access access, const AddressSpace& space, Cycles now) {
  const mmu::Translated page =
      mmu_.translate({va, access, space.privilege, space.regime, &table_pmp_}, [&] {
        make_owed_lookups();
        if (access != Access::fetch) windows_ = {};  // a fill may evict what they stand for
        return now;
      });
  stalls_.add(page.cost);
  if (page.fault != Fault::none) return denied(page, va, access, space);
  if (page.hit && &space == &data_space_) {
    remember_page(va, page.translation, access, page.side);
  } else if (page.hit && access == Access::fetch) {
    fetch_side_ = page.side;
  }
  return {.physical = page.translation.pfn << page_shift | va % page_bytes,
          .latency = page.cost.total(),
          .hit = page.hit};
}

Located MemoryPath::denied(const mmu::Translated& page, Address va, Access access,
                           const AddressSpace& space) {
  Located located{.latency = page.cost.total(), .hit = page.hit};
  located.exception = address_exception(cause_of(page.fault, access), va, space.guest);
  if (page.fault == Fault::guest_page_fault) {
    located.exception->guest_physical = page.fault_address;
    located.exception->transformed = pseudoinstruction(page.faulting_access);
  }
  return located;
}

Located MemoryPath::check_owner(Address physical, Access access, const AddressSpace& space,
                                Cycles now) {
  const mmu::UntranslatedAccess request{
      .frame = physical >> page_shift, .access = access, .realm = space.regime.context.realm};
  if (const mmu::VerdictBuffer::Verdict* verdict = mmu_.verdict(request)) {
    if (&space == &data_space_) remember_range(physical, *verdict);
    return {.physical = physical};
  }
  make_owed_lookups();
  if (access != Access::fetch) windows_ = {};  // the new verdict replaces one that they stand for
  const OwnershipReply reply = mmu_.check(request, now);
  stalls_.ownership += reply.latency;
  Located located{.physical = physical, .latency = reply.latency, .hit = false};
  if (!reply.allowed) {
    located.exception = address_exception(access_fault(access), physical, space.guest);
  }
  return located;
}

bool MemoryPath::allowed(Address physical, unsigned bytes, Access access,
                         const AddressSpace& space) {
  if (&space == &data_space_ || &space == &fetch_space_) {
    const PhysicalWindow& window = physical_window(physical, access, space.privilege.privilege);
    if (window.contains(physical, physical + bytes - 1)) return true;
  }
  return control_.pmp().allows(physical, bytes, access, space.privilege.privilege);
}

Located MemoryPath::locate(Address va, unsigned bytes, Access access, const AddressSpace& space,
                           Cycles now) {
  make_owed_lookups();
  Located located{.physical = va};
  const bool translated = space.translated();
  if (translated) located = translate(va, access, space, now);
  if (located.exception) return located;
  // What hlvx reads PMP has to let be executed as well, and yet its fault is a load's.
  const bool denied =
      !allowed(located.physical, bytes, access, space) ||
      (space.privilege.hlvx && !allowed(located.physical, bytes, Access::fetch, space));
  if (denied) {
    located.exception = address_exception(access_fault(access), va, space.guest);
    return located;
  }
  return translated ? located : check_owner(va, access, space, now);
}

Located MemoryPath::locate_fetch(Address pc, Cycles now) {
  Located located{.physical = pc};
  const bool translated = fetch_space_.translated();
  if (translated) located = translate(pc, Access::fetch, fetch_space_, now);
  if (located.exception) return located;
  if (!may_fetch(located.physical)) {
    located.exception = fetch_denied(pc);
    return located;
  }
  return translated ? located : check_owner(pc, Access::fetch, fetch_space_, now);
}

}  // namespace kilburn::riscv
