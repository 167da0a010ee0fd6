// A small world of processes and guests whose page tables change at random, each change followed by
// one of the invalidations that the architecture lets software choose for it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <vector>

#include "common/random.h"
#include "page_table_walker/page_table_walker.h"
#include "page_table_walker/table_builder.h"

namespace kilburn::page_table_walker {

class RandomWorld {
 public:
  using Operation = Invalidation::Operation;

  RandomWorld(PagingMode mode, std::uint64_t seed,
              std::function<void(const Invalidation&)> invalidate)
      : memory(4096), invalidate_(std::move(invalidate)), state_(seed), frames_(16, 4096) {
    machines_.push_back({.vmid = 0});
    for (const unsigned vmid : {1u, 2u}) {
      Machine& guest = machines_.emplace_back(Machine{.vmid = static_cast<std::uint16_t>(vmid)});
      guest.outer.emplace_back(memory, mode, frames_.take_aligned(4), true, take_frame());
      for (unsigned i = 0; i < guest_pages; ++i) {
        guest.frame_of[i] = frames_.take();
        guest.outer[0].map(guest_page(i), guest.frame_of[i], test::urwx);
        if (i >= guest_pages / 2) guest.free.push_back(guest_page(i));
      }
    }
    for (Machine& machine : machines_) add_processes(machine, mode);
  }

  /// A walk that may be asked for now.
  WalkRequest request() {
    const Process& process = pick(processes_);
    WalkRequest request{.va = page(process.tree) << page_shift | (random(512) * 8),
                        .access = static_cast<Access>(random(3)),
                        .privilege = {random(2) ? Privilege::user : Privilege::supervisor,
                                      random(2) == 0, random(2) == 0},
                        .regime = process.regime,
                        .want_line = random(2) == 0};
    return request;
  }

  /// One change and its invalidation.
  void change() {
    const std::uint64_t kind = random(16);
    if (kind < 10) change_leaf();
    if (kind == 10 || kind == 11) free_table();
    if (kind == 12) move_guest_page();
    if (kind == 13) move_guest_table();
    if (kind > 13) invalidate_anything();
  }

  std::uint64_t random(std::uint64_t below) { return (next_random(state_) >> 20) % below; }

  test::TestMemory memory;

 private:
  static constexpr unsigned guest_pages = 256;  ///< in 32 regions of 2 MiB
  struct Machine {
    std::uint16_t vmid = 0;                   ///< realm too
    std::vector<test::TableBuilder> outer{};  ///< none on the host
    PageNumber frame_of[guest_pages] = {};
    std::vector<PageNumber> free{};  ///< guest pages for guest tables
    std::set<PageNumber> tables{};   ///< guest pages that hold guest tables
  };
  struct Process {
    Machine* machine;
    test::TableBuilder tree;
    Regime regime;
  };

  static PageNumber guest_page(unsigned i) { return (i & 7) | PageNumber{i >> 3} << 9; }
  static unsigned guest_index(PageNumber page) {
    return static_cast<unsigned>((page & 7) | (page >> 9) << 3);
  }
  unsigned random_index() { return static_cast<unsigned>(random(guest_pages)); }
  std::function<PageNumber()> take_frame() {
    return [this] { return frames_.take(); };
  }
  template <class Container>
  typename Container::value_type& pick(Container& of) {
    return of[random(of.size())];
  }

  PageNumber take_table(Machine& machine) {
    if (machine.outer.empty()) return frames_.take();
    if (machine.free.empty()) throw std::runtime_error("no guest pages left");
    const PageNumber page = machine.free.back();
    machine.free.pop_back();
    machine.tables.insert(page);
    return page;
  }
  void free_page(Machine& machine, PageNumber page) {
    if (machine.outer.empty()) {
      frames_.give_back(page);
    } else {
      machine.tables.erase(page);
      machine.free.push_back(page);
    }
  }
  static Address place(const Machine& machine, Address address) {
    if (machine.outer.empty()) return address;
    return machine.frame_of[guest_index(address >> page_shift)] << page_shift |
           (address & (page_bytes - 1));
  }

  /// Two processes a machine. The last root slot, the "kernel", is one table for both.
  void add_processes(Machine& machine, PagingMode mode) {
    PageNumber kernel = 0;
    for (const unsigned asid : {1u, 2u}) {
      Machine* const at = &machine;
      Process process{
          at,
          {memory, mode, take_table(machine), false, [this, at] { return take_table(*at); },
           [at](Address a) { return place(*at, a); }},
          {}};
      for (unsigned i = 0; i < 512; ++i)
        process.tree.set(process.tree.root() * 4096 + Address{8} * i, 0);
      process.regime.stage1 = mode;
      process.regime.root = process.tree.root();
      if (!machine.outer.empty()) {
        process.regime.guest_stage = mode;
        process.regime.guest_root = machine.outer[0].root();
      }
      process.regime.context = {static_cast<std::uint16_t>(asid), machine.vmid, machine.vmid};
      const PageNumber kernel_page = ~Address{0} >> page_shift;
      const Address root_slot = process.tree.slot(kernel_page, process.tree.root_level());
      if (kernel == 0) {
        process.tree.slot(kernel_page, process.tree.root_level() - 1);
        kernel = pte::pfn(process.tree.get(root_slot));
      }
      process.tree.set(root_slot, pte::make(kernel, pte::valid | pte::global));
      processes_.push_back(std::move(process));
    }
  }

  /// A page of one of a few paths: two or three slots are used at each level.
  PageNumber page(const test::TableBuilder& tree) {
    PageNumber page = random(12);
    for (unsigned level = 1; level < tree.root_level(); ++level) {
      page |= random(level == 1 ? 3 : 2) << (9 * level);
    }
    const unsigned top = 9 * tree.root_level();
    return random(3) == 0 ? (~Address{0} >> page_shift >> top << top) | page
                          : page | random(2) << top;
  }
  static bool is_kernel(PageNumber page) { return page >> 51 != 0; }

  PageNumber target(Machine& machine, unsigned order) {
    if (machine.outer.empty()) return (random(1 << 14) << 9) >> order << order;
    // Mostly pages that the G-stage maps.
    const PageNumber page = guest_page(random_index());
    return (random(8) == 0 ? page + 100 : page) >> order << order;
  }

  void change_leaf() {
    Process& process = pick(processes_);
    const PageNumber where = page(process.tree);
    const Address slot =
        process.tree.slot(where, 0, is_kernel(where) && random(2) == 0 ? pte::global : 0);
    if (slot == 0) return;  // under a superpage
    std::uint64_t flags = (next_random(state_) & 0xFE) | (random(4) != 0 ? 0xCE : 0);
    if ((flags & pte::write) != 0) flags |= pte::read;
    PageNumber first = where;
    PageNumber count = 1;
    if ((process.tree.get(slot) & pte::napot) != 0) {
      // The sixteen PTEs of a 64 KiB leaf may not differ: all go first.
      first = where >> napot_order << napot_order;
      count = 16;
      for (unsigned i = 0; i < count; ++i) process.tree.set(process.tree.slot(first + i, 0), 0);
    }
    if (random(6) == 0) {
      process.tree.set(slot, 0);
    } else if (random(5) == 0) {
      first = where >> napot_order << napot_order;
      count = 16;
      process.tree.map_napot(first, target(*process.machine, 4), flags | pte::valid);
    } else {
      process.tree.set(slot, pte::make(target(*process.machine, 0), flags | pte::valid));
    }
    invalidate_range(process, first, count, random(2) == 0);
  }

  /// Frees the tables under a pointer, which becomes invalid, a superpage or an empty table.
  void free_table() {
    Process& process = pick(processes_);
    const PageNumber where = page(process.tree);
    const unsigned tops = process.tree.root_level() + (is_kernel(where) ? 0u : 1u);
    const auto level = static_cast<unsigned>(1 + random(tops - 1));
    const Address slot = process.tree.slot(where, level);
    if (slot == 0) return;
    const std::uint64_t old = process.tree.get(slot);
    std::vector<PageNumber> tables;
    if ((old & pte::valid) != 0 && !pte::is_leaf(old)) collect(process, old, level, tables);
    const unsigned order = level_order(level);
    std::uint64_t fresh = 0;
    if (random(3) == 0 && level == 1) {
      fresh = pte::make(target(*process.machine, order), test::urwx & ~(random(2) * pte::user));
    }
    process.tree.set(slot, fresh);
    const PageNumber first = where >> order << order;
    if (random(8) == 0) {
      // What the RMU would send: the frames of the parent and of all that is freed.
      invalidate_frame(place(*process.machine, slot) >> page_shift);
      for (const PageNumber table : tables) {
        invalidate_frame(place(*process.machine, table << page_shift) >> page_shift);
      }
    } else {
      invalidate_range(process, first, PageNumber{1} << order, false);
    }
    for (const PageNumber table : tables) free_page(*process.machine, table);
  }
  void collect(const Process& process, std::uint64_t pointer, unsigned level,
               std::vector<PageNumber>& tables) {
    const PageNumber table = pte::pfn(pointer);
    tables.push_back(table);
    if (level == 1) return;
    for (unsigned i = 0; i < 512; ++i) {
      const std::uint64_t entry = process.tree.get(table * page_bytes + Address{8} * i);
      if ((entry & pte::valid) != 0 && !pte::is_leaf(entry)) {
        collect(process, entry, level - 1, tables);
      }
    }
  }

  /// The hypervisor moves a guest page, tables included, and uses its frame for something else.
  void move_guest_page() {
    Machine& machine = machines_[1 + random(2)];
    const auto index = random_index();
    const auto other = random_index();
    const PageNumber old = machine.frame_of[index];
    // Half of the time two pages of one guest swap frames: the worst for a physical tag.
    const bool swap = random(2) == 0 && other != index;
    const PageNumber fresh = swap ? machine.frame_of[other] : frames_.take();
    for (unsigned i = 0; i < 512; ++i) {
      const std::uint64_t word = memory.get(old * page_bytes + Address{8} * i);
      if (swap)
        memory.set(old * page_bytes + Address{8} * i,
                   memory.get(fresh * page_bytes + Address{8} * i));
      memory.set(fresh * page_bytes + Address{8} * i, word);
    }
    place_guest_page(machine, index, fresh);
    if (swap) place_guest_page(machine, other, old);
    if (random(4) == 0) {
      // As the RMU does where it has refused the walker.
      const bool data = !machine.tables.contains(guest_page(index)) &&
                        !(swap && machine.tables.contains(guest_page(other)));
      invalidate_frame(old, data);
      invalidate_frame(fresh, data && swap);
    } else {
      invalidate_guest(machine, guest_page(index), 1);
      if (swap) invalidate_guest(machine, guest_page(other), 1);
    }
    if (!swap) frames_.give_back(old);
  }
  void place_guest_page(Machine& machine, unsigned index, PageNumber frame) {
    machine.frame_of[index] = frame;
    machine.outer[0].map(guest_page(index), frame,
                         random(4) == 0 ? test::urwx & ~0xC0u : test::urwx);
  }

  /// The hypervisor replaces a G-stage table.
  void move_guest_table() {
    Machine& machine = machines_[1 + random(2)];
    test::TableBuilder& outer = machine.outer[0];
    const auto level = static_cast<unsigned>(1 + random(outer.root_level()));
    const PageNumber where = guest_page(random_index());
    const Address slot = outer.slot(where, level);
    const PageNumber old = pte::pfn(outer.get(slot));
    const PageNumber fresh = frames_.take();
    for (unsigned i = 0; i < 512; ++i) {
      memory.set(fresh * page_bytes + Address{8} * i,
                 memory.get(old * page_bytes + Address{8} * i));
      memory.set(old * page_bytes + Address{8} * i, 0);
    }
    outer.set(slot, pte::make(fresh, pte::valid));
    const unsigned order = level_order(level);
    invalidate_guest(machine, where >> order << order, PageNumber{1} << order);
    frames_.give_back(old);
  }

  void invalidate_range(const Process& process, PageNumber first, PageNumber count,
                        bool last_level) {
    std::vector<Operation> choices{Operation::by_va, Operation::by_vmid, Operation::by_realm,
                                   Operation::all};
    choices.insert(choices.end(), 4, Operation::by_va);
    // Pages that every process has are not invalidated for one.
    if (!is_kernel(first)) {
      choices.insert(choices.end(), 5, Operation::by_va_asid);
      choices.push_back(Operation::by_asid);
    }
    invalidate_({.operation = pick(choices),
                 .vpn = first,
                 .pages = count,
                 .context = process.regime.context,
                 .last_level = last_level});
  }
  void invalidate_guest(const Machine& machine, PageNumber first, PageNumber count) {
    const Operation choices[] = {Operation::by_guest_frame, Operation::by_guest_frame,
                                 Operation::by_guest_frame, Operation::by_vmid};
    invalidate_({.operation = choices[random(4)],
                 .vpn = first,
                 .pages = count,
                 .context = {.vmid = machine.vmid, .realm = machine.vmid}});
  }
  void invalidate_frame(PageNumber frame, bool data_only = false) {
    invalidate_({.operation = Operation::by_frame, .pfn = frame, .last_level = data_only});
  }
  void invalidate_anything() {
    const Process& process = pick(processes_);
    invalidate_range(process, page(process.tree), 1 + random(1000), random(2) == 0);
  }

  std::function<void(const Invalidation&)> invalidate_;
  std::uint64_t state_;
  test::FramePool frames_;
  std::deque<Machine> machines_;
  std::deque<Process> processes_;
};

}  // namespace kilburn::page_table_walker
