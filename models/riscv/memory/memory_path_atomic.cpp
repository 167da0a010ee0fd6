// Atomic accesses: LR, SC and AMOs. They are of main memory only, and naturally aligned.
#include <algorithm>
#include <cstring>
#include <type_traits>

#include "riscv/memory/memory_path.h"

namespace kilburn::riscv {

namespace {

template <class Unsigned>
Unsigned combine(Atomic operation, Unsigned memory, Unsigned operand) {
  using Signed = std::make_signed_t<Unsigned>;
  const auto signed_memory = static_cast<Signed>(memory);
  const auto signed_operand = static_cast<Signed>(operand);
  switch (operation) {
    case Atomic::swap:
      return operand;
    case Atomic::add:
      return memory + operand;
    case Atomic::exclusive_or:
      return memory ^ operand;
    case Atomic::bitwise_and:
      return memory & operand;
    case Atomic::bitwise_or:
      return memory | operand;
    case Atomic::minimum:
      return static_cast<Unsigned>(std::min(signed_memory, signed_operand));
    case Atomic::maximum:
      return static_cast<Unsigned>(std::max(signed_memory, signed_operand));
    case Atomic::unsigned_minimum:
      return std::min(memory, operand);
    case Atomic::unsigned_maximum:
      return std::max(memory, operand);
  }
  return memory;
}

std::uint64_t combine(Atomic operation, std::uint64_t memory, std::uint64_t operand,
                      unsigned bytes) {
  if (bytes == sizeof(std::uint64_t)) return combine<std::uint64_t>(operation, memory, operand);
  return combine<std::uint32_t>(operation, static_cast<std::uint32_t>(memory),
                                static_cast<std::uint32_t>(operand));
}

}  // namespace

Located MemoryPath::locate_atomic(Address va, unsigned bytes, Access access, Cycles now) {
  const bool load = access == Access::load;
  if (va % bytes != 0) {
    return {.exception = Exception{.cause = load ? Cause::load_misaligned : Cause::store_misaligned,
                                   .value = va,
                                   .guest_value = data_space_.guest}};
  }
  Located at = locate(va, bytes, access, data_space_, now);
  if (!at.exception && memory_.find(at.physical, bytes) == nullptr) {
    at.exception = Exception{.cause = load ? Cause::load_access : Cause::store_access,
                             .value = va,
                             .guest_value = data_space_.guest};
  }
  if (at.exception) return at;
  show_observer(data_space_, va, bytes, access);
  if (caches_.present()) {
    const Traffic traffic = load ? Traffic::load : Traffic::store;
    at.latency += caches_.atomic(traffic, at.physical, bytes, now + at.latency);
  }
  return at;
}

AccessResult MemoryPath::atomic(Atomic operation, Address va, std::uint64_t operand, unsigned bytes,
                                Cycles now) {
  const Located at = locate_atomic(va, bytes, Access::store, now);
  if (at.exception) return {.latency = at.latency, .exception = at.exception};
  show_debugger(va, bytes, Access::load);
  show_debugger(va, bytes, Access::store);
  const Cycles then = now + at.latency;
  const std::uint64_t old = read_memory(at.physical, bytes, then);
  write_memory(at.physical, combine(operation, old, operand, bytes), bytes, then);
  return {.value = old, .latency = at.latency};
}

AccessResult MemoryPath::load_reserved(Address va, unsigned bytes, Cycles now) {
  const Located at = locate_atomic(va, bytes, Access::load, now);
  if (at.exception) return {.latency = at.latency, .exception = at.exception};
  show_debugger(va, bytes, Access::load);
  memory_.reserve(hart_, at.physical);
  return {.value = read_memory(at.physical, bytes, now + at.latency), .latency = at.latency};
}

AccessResult MemoryPath::store_conditional(Address va, std::uint64_t value, unsigned bytes,
                                           Cycles now) {
  const Located at = locate_atomic(va, bytes, Access::store, now);
  if (at.exception) return {.latency = at.latency, .exception = at.exception};
  const bool succeeds = memory_.reserved(hart_, at.physical);
  if (succeeds) {
    show_debugger(va, bytes, Access::store);
    write_memory(at.physical, value, bytes, now + at.latency);
  }
  memory_.release(hart_);
  return {.value = succeeds ? 0u : 1u, .latency = at.latency};
}

}  // namespace kilburn::riscv
