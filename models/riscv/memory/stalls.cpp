#include "riscv/memory/stalls.h"

namespace kilburn::riscv {

void Stalls::visit(StatisticVisitor& v) const {
  v.counter("l2_tlb", l2_tlb, "cycles", "look-ups of the second-level TLB");
  v.counter("walk", walk, "cycles", "page-table walks");
  v.counter("ownership", ownership, "cycles",
            "ownership checks: of walked frames, and of accesses that are not translated");
  v.counter("fetch", fetch, "cycles", "instruction cache misses, and second lines of instructions");
  v.counter("load", load, "cycles", "data cache misses of loads, and their second lines");
  v.counter("store", store, "cycles",
            "data cache misses of stores that the hart waits for: atomic operations, and with "
            "riscv.stores_stall all");
  v.counter("device", device, "cycles", "accesses to devices and the boot ROM");
  v.counter("invalidation", invalidation, "cycles",
            "fences of translations, until all holders have acknowledged");
  v.counter("exception", exception, "cycles",
            "instructions that raised an exception, and so did not retire");
  v.counter("wfi", wfi, "cycles", "asleep: in WFI, or held by whoever runs the hart");
}

}  // namespace kilburn::riscv
