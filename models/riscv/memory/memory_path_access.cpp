// Loads, stores and fetches of a hart, once it is known where they lie: caches, then main memory;
// or a device.
#include <cstring>

#include "riscv/memory/memory_path.h"

namespace kilburn::riscv {

namespace {

constexpr unsigned widest_access = 8;

constexpr unsigned left_in_page(Address address) {
  return static_cast<unsigned>(page_bytes - address % page_bytes);
}

Exception access_fault(Cause cause, Address va, bool guest) {
  return {.cause = cause, .value = va, .guest_value = guest};
}

}  // namespace

AccessResult MemoryPath::load(Address va, unsigned bytes, Cycles now) {
  if (caches_.present()) {
    // Where only the cache did not answer, all else is known.
    if (const std::byte* at = load_pointer<false, widest_access>(va)) {
      const Window& window = window_of(va);
      const Address physical = window.physical + (va - window.first);
      AccessResult result{.latency = caches_.load({.first = physical, .first_bytes = bytes}, now)};
      std::memcpy(&result.value, at, bytes);
      return result;
    }
  }
  return load(va, bytes, now, data_space_);
}

AccessResult MemoryPath::store(Address va, std::uint64_t value, unsigned bytes, Cycles now) {
  if (caches_.present()) {
    if (std::byte* at = store_pointer<false, widest_access>(va)) {
      const Window& window = window_of(va);
      const Address physical = window.physical + (va - window.first);
      const Cycles waits = caches_.store({.first = physical, .first_bytes = bytes}, now);
      std::memcpy(at, &value, bytes);
      return {.latency = waits};
    }
  }
  return store(va, value, bytes, now, data_space_);
}

AccessResult MemoryPath::load(Address va, unsigned bytes, Cycles now, const AddressSpace& space) {
  if (bytes > left_in_page(va)) return load_across(va, bytes, now, space);
  const Located at = locate(va, bytes, Access::load, space, now);
  if (at.exception) return {.latency = at.latency, .exception = at.exception};
  show(space, va, bytes, Access::load);
  AccessResult result = read(at.physical, va, bytes, now + at.latency, space.guest);
  result.latency += at.latency;
  return result;
}

AccessResult MemoryPath::store(Address va, std::uint64_t value, unsigned bytes, Cycles now,
                               const AddressSpace& space) {
  if (bytes > left_in_page(va)) return store_across(va, value, bytes, now, space);
  const Located at = locate(va, bytes, Access::store, space, now);
  if (at.exception) return {.latency = at.latency, .exception = at.exception};
  show(space, va, bytes, Access::store);
  AccessResult result = write(at.physical, va, value, bytes, now + at.latency, space.guest);
  result.latency += at.latency;
  return result;
}

MemoryPath::TwoParts MemoryPath::locate_across(Address va, unsigned bytes, Access access,
                                               Cycles now, const AddressSpace& space) {
  TwoParts at{.first_bytes = left_in_page(va), .bytes = bytes};
  at.first = locate(va, at.first_bytes, access, space, now);
  at.latency = at.first.latency;
  at.exception = at.first.exception;
  if (at.exception) return at;
  const unsigned second_bytes = bytes - at.first_bytes;
  at.second = locate(va + at.first_bytes, second_bytes, access, space, now + at.latency);
  at.latency += at.second.latency;
  at.exception = at.second.exception;
  if (at.exception) return at;
  if (memory_.find(at.first.physical, at.first_bytes) == nullptr ||
      memory_.find(at.second.physical, second_bytes) == nullptr) {
    at.exception = access_fault(access == Access::store ? Cause::store_access : Cause::load_access,
                                va, space.guest);
    return at;
  }
  show(space, va, bytes, access);
  return at;
}

AccessResult MemoryPath::load_across(Address va, unsigned bytes, Cycles now,
                                     const AddressSpace& space) {
  const TwoParts at = locate_across(va, bytes, Access::load, now, space);
  AccessResult result{.latency = at.latency, .exception = at.exception};
  if (at.exception) return result;
  if (caches_.present()) result.latency += caches_.load(at.place(), now + at.latency);
  for (unsigned i = 0; i < bytes; ++i) {
    result.value |= read_memory(at.byte(i), 1, now + result.latency) << 8 * i;
  }
  return result;
}

AccessResult MemoryPath::store_across(Address va, std::uint64_t value, unsigned bytes, Cycles now,
                                      const AddressSpace& space) {
  const TwoParts at = locate_across(va, bytes, Access::store, now, space);
  AccessResult result{.latency = at.latency, .exception = at.exception};
  if (at.exception) return result;
  if (caches_.present()) result.latency += caches_.store(at.place(), now + at.latency);
  for (unsigned i = 0; i < bytes; ++i) {
    write_memory(at.byte(i), value >> 8 * i & 0xFF, 1, now + result.latency);
  }
  return result;
}

AccessResult MemoryPath::hypervisor_load(Address va, unsigned bytes, bool executable, Cycles now) {
  AddressSpace space = control_.hypervisor_space();
  space.privilege.hlvx = executable;
  return load(va, bytes, now, space);
}

AccessResult MemoryPath::hypervisor_store(Address va, std::uint64_t value, unsigned bytes,
                                          Cycles now) {
  const AddressSpace space = control_.hypervisor_space();
  return store(va, value, bytes, now, space);
}

std::uint64_t MemoryPath::read_memory(Address physical, unsigned bytes, Cycles now) {
  if (!fast_) return bus_.read(physical, bytes, now).data;
  const MainMemory::Region* region = memory_.find(physical, bytes);
  std::uint64_t value = 0;
  std::memcpy(&value, region->host.data() + (physical - region->base), bytes);
  return value;
}

void MemoryPath::write_memory(Address physical, std::uint64_t value, unsigned bytes, Cycles now) {
  if (fast_) {
    const MainMemory::Region* region = memory_.find(physical, bytes);
    std::memcpy(region->host.data() + (physical - region->base), &value, bytes);
  } else {
    bus_.write(physical, value, bytes, now);
  }
  if (memory_.marked(physical)) memory_.written(physical, bytes, hart_);
}

AccessResult MemoryPath::read(Address physical, Address va, unsigned bytes, Cycles now,
                              bool guest) {
  if (memory_.find(physical, bytes) != nullptr) {
    AccessResult result;
    if (caches_.present()) {
      result.latency = caches_.load({.first = physical, .first_bytes = bytes}, now);
    }
    result.value = read_memory(physical, bytes, now + result.latency);
    return result;
  }
  const auto fault = access_fault(Cause::load_access, va, guest);
  if (physical % bytes != 0) return {.exception = fault};
  make_owed_lookups();
  const BusReply reply = bus_.read(physical, bytes, now);
  stalls_.device += reply.latency;
  if (reply.end_slice) end_slice();
  if (!reply.ok) return {.latency = reply.latency, .exception = fault};
  return {.value = reply.data, .latency = reply.latency};
}

AccessResult MemoryPath::write(Address physical, Address va, std::uint64_t value, unsigned bytes,
                               Cycles now, bool guest) {
  if (memory_.find(physical, bytes) != nullptr) {
    AccessResult result;
    if (caches_.present()) {
      result.latency = caches_.store({.first = physical, .first_bytes = bytes}, now);
    }
    write_memory(physical, value, bytes, now + result.latency);
    return result;
  }
  const auto fault = access_fault(Cause::store_access, va, guest);
  if (physical % bytes != 0) return {.exception = fault};
  make_owed_lookups();
  const BusReply reply = bus_.write(physical, value, bytes, now);
  stalls_.device += reply.latency;
  if (reply.end_slice) end_slice();
  if (!reply.ok) return {.latency = reply.latency, .exception = fault};
  return {.latency = reply.latency};
}

AccessResult MemoryPath::fetch(Address physical, Address pc, Cycles now, FetchPart part) {
  make_owed_lookups();
  AccessResult result;
  if (caches_.present() && memory_.find(physical, 2) != nullptr) {
    if (part == FetchPart::first) {
      result.latency = caches_.fetch(physical, now);
    } else if (physical % caches_.fetch_line_bytes() == 0) {
      result.latency = caches_.fetch_second(physical, now);
    }
  }
  const BusReply reply = bus_.read(physical, 2, now + result.latency);
  stalls_.device += reply.latency;
  if (reply.end_slice) end_slice();
  result.value = reply.data;
  result.latency += reply.latency;
  if (!reply.ok) result.exception = fetch_denied(pc);
  return result;
}

void MemoryPath::show(const AddressSpace& space, Address va, unsigned bytes, Access access) {
  show_observer(space, va, bytes, access);
  show_debugger(va, bytes, access);
}

void MemoryPath::show_observer(const AddressSpace& space, Address va, unsigned bytes,
                               Access access) {
  if (space.is_process_access(va)) ++process_accesses_;
  if (observer_ != nullptr) observer_->accessed(space, va, bytes, access);
}

void MemoryPath::show_debugger(Address va, unsigned bytes, Access access) {
  if (debugger_ == nullptr || !debugger_->stop_after_access(va, bytes, access)) return;
  debugger_stop_ = true;
}

}  // namespace kilburn::riscv
