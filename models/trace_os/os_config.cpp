#include "trace_os/os_config.h"

#include "trace_os/buddy_allocator.h"

namespace kilburn::trace_os {

void OsConfig::visit(ParameterVisitor& v) {
  v.integer("seed", seed, {}, "", "seed of aging and of the choice among free frames");
  v.integer("arena_bytes", arena_bytes, {std::uint64_t{1} << 20, std::uint64_t{1} << 44}, "bytes",
            "physical memory of each address space, page tables included");
  v.real("aging", aging, {0.0, 1.0}, "",
         "fragmentation of memory before the start: 0 pristine, 1 single free frames only");
  v.choice("pages", pages, {"small", "thp", "napot"},
           "leaf sizes: 4 KiB only, 2 MiB or 64 KiB where memory allows");
  v.choice("placement", placement, {"first_touch", "eager"},
           "whether frames are allocated leaf by leaf or reserved for a region");
  v.integer("eager_pages", eager_pages, {1, 1u << BuddyAllocator::max_order, true}, "pages",
            "region that eager placement reserves contiguous frames for");
  v.flag("populate", populate, "eager placement maps the whole region at its first touch");
  v.integer("page_fault_cycles", page_fault_cycles, {0, 100'000'000}, "cycles",
            "time that the operating system takes for a first touch");
  v.integer("context_switch_interval", context_switch_interval, {}, "accesses",
            "accesses of one process before the next runs; 0 runs each to its end");
  v.integer("context_switch_cycles", context_switch_cycles, {0, 100'000'000}, "cycles",
            "time that a context switch takes");
  v.integer("remap_interval", remap_interval, {}, "accesses",
            "accesses of a process between moves of one of its pages to another frame; 0 for none");
  v.integer("unmap_interval", unmap_interval, {}, "accesses",
            "accesses of a process between unmappings of one of its pages; 0 for none");
  v.require(arena_bytes % page_bytes == 0, "arena_bytes must be a multiple of 4096");
  v.require(placement == Placement::eager || !populate, "populate needs placement = \"eager\"");
}

void HostConfig::visit(ParameterVisitor& v) {
  v.integer("seed", seed, {}, "", "seed of aging and of the choice among free frames");
  v.integer("arena_bytes", arena_bytes, {std::uint64_t{1} << 20, std::uint64_t{1} << 44}, "bytes",
            "physical memory that each guest's frames and G-stage tables come from");
  v.real("aging", aging, {0.0, 1.0}, "",
         "fragmentation of the host's memory before the start: 0 pristine, 1 single free frames");
  v.choice("pages", pages, {"small", "thp", "napot"},
           "leaf sizes of the G-stage: 4 KiB only, 2 MiB or 64 KiB where memory allows");
  v.choice("placement", placement, {"first_touch", "eager"},
           "whether frames are allocated leaf by leaf or reserved for a region");
  v.integer("eager_pages", eager_pages, {1, 1u << BuddyAllocator::max_order, true}, "pages",
            "guest-physical region that eager placement reserves contiguous frames for");
  v.flag("populate", populate, "eager placement maps the whole region at its first touch");
  v.integer("page_fault_cycles", page_fault_cycles, {0, 100'000'000}, "cycles",
            "time that the host takes for the first touch of a guest's frame");
  v.integer("remap_interval", remap_interval, {}, "accesses",
            "accesses of a process between moves of one of its guest's frames; 0 for none");
  v.integer("unmap_interval", unmap_interval, {}, "accesses",
            "accesses of a process between losses of one of its guest's frames, which the next "
            "access to it has the host map again; 0 for none");
  v.require(arena_bytes % page_bytes == 0, "host.arena_bytes must be a multiple of 4096");
  v.require(placement == Placement::eager || !populate,
            "host.populate needs host.placement = \"eager\"");
}

}  // namespace kilburn::trace_os
