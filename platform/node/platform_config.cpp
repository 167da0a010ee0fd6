#include "platform/node/platform_config.h"

namespace kilburn::platform {

void ClockConfig::visit(ParameterVisitor& v) {
  v.integer("frequency_mhz", frequency_mhz, {1, 10'000}, "MHz", "frequency of the platform clock");
  v.integer("quantum_cycles", quantum_cycles, {1, 10'000'000}, "cycles",
            "how far an initiator may run ahead of simulated time");
}

void TraceHartConfig::visit(ParameterVisitor& v) {
  v.integer("cycles_per_instruction", cycles_per_instruction, {1, 100}, "cycles",
            "cycles of an instruction whose accesses all hit the first level");
  v.flag("stores_stall", stores_stall,
         "a store waits for its cache line; false: a store buffer hides it");
}

void CachesConfig::visit(ParameterVisitor& v) {
  v.block("l1i", l1i, "first-level instruction cache");
  v.block("l1d", l1d, "first-level data cache");
  v.block("l2", l2, "second-level cache, shared with the page-table walker");
}

void OsBlockConfig::visit(ParameterVisitor& v) {
  v.choice("mode", mode, {"sv39", "sv48", "sv57"}, "paging mode of every address space");
  v.flag("premap", premap,
         "map what a trace will touch, and what the program touched before, in the order of the "
         "touches, as in a process that has run for a while; false: pages come by page fault");
  v.flag("realm_per_process", realm_per_process,
         "each process owns its frames as a realm of its own; false: all share realm 1");
  v.choice("touch_order", touch_order, {"program", "trace"},
           "what premap follows: the program's touches from its start, where the trace has their "
           "order, or those of the trace alone");
  v.flag("fuse", fuse,
         "fuse the ownership entries of a region once all of its frames are given out, in order");
  policy.visit(v);
  v.flag("guest", guest,
         "each process runs in a guest of its own: two stages of page tables, those of the process "
         "in guest-physical memory");
  v.enter("host", "what gives the guests of os.guest their physical memory");
  v.choice("mode", host_mode, {"sv39", "sv48", "sv57"},
           "paging mode of the G-stage: Sv39x4, Sv48x4, Sv57x4");
  host.visit(v);
  v.leave();
}

void PlatformConfig::visit(ParameterVisitor& v) {
  v.only_for(runs_of_traces, {"hart", "os"});
  v.only_for(runs_of_ssd, {"ssd"});
  v.only_for("software and ssd", {"board.iommu", "iommu", "pcie"});
  v.only_for(runs_of_software, {"riscv", "rmu.register_cycles", "board"});
  devices.only_for(v, runs_of_software);
  v.block("clock", clock, "clock and time quantum");
  v.block("hart", hart, "hart that a trace plays on");
  v.block("riscv", riscv, "harts that run software");
  v.block("mmu", mmu, "address translation");
  v.enter("rmu", "realm management unit; its table lies above main memory, in a carve-out");
  rmu.visit_policy(v);
  v.leave();
  v.block("cache", cache, "caches of data, instructions and page tables");
  v.block("interconnect", interconnect, "interconnect");
  v.block("memory", memory, "main memory");
  v.block("board", board, "what the board has round the harts");
  devices.visit(v);
  v.block("os", os, "operating system behind a trace");
  v.block("ssd", ssd, "what a host without harts does to a drive");
  const Address largest_group = Address{1} << (rmu.granule_shift + rmu.max_order);
  v.require(memory.storage.base % largest_group == 0 && memory.storage.bytes % largest_group == 0,
            "memory.base and memory.bytes must be multiples of the RMU's largest group, "
            "2^(rmu.granule_shift + rmu.max_order) bytes");
}

}  // namespace kilburn::platform
