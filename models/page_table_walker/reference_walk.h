// The plainest possible walk of RISC-V page tables, to compare others with: tests compare the
// walker, `kilburn run --check` what devices use. It follows the text of the privileged
// architecture (4.3.2, 5.5.1, Svnapot, Svpbmt) and shares only constants with the walker. No time,
// no caches, no ownership; memory is a function.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "common/page_table.h"

namespace kilburn::reference {

using Memory = std::function<std::uint64_t(Address)>;

/// A PTE that a walk reads.
struct TableEntry {
  bool guest = false;    ///< of the G-stage
  Address physical = 0;  ///< where it is
  Address of = 0;        ///< the address that is walked for: virtual, or guest-physical
  unsigned level = 0;    ///< 0: the last
};
/// Nothing: no memory is there, which is an access fault.
using EntryMemory = std::function<std::optional<std::uint64_t>(const TableEntry&)>;

struct Tables {
  PagingMode stage1 = PagingMode::bare;
  PageNumber root = 0;  ///< guest-physical under a G-stage
  PagingMode guest_stage = PagingMode::bare;
  PageNumber guest_root = 0;
};

struct Options {
  bool svnapot = true;
  bool svpbmt = true;
  bool hardware_ad = true;                  ///< false: a clear A, or D on a store, is a page fault
  std::optional<bool> guest_hardware_ad{};  ///< of the G-stage, where it is another
  /// Says of a guest-physical page that the walk ends there, before the G-stage; empty: of none.
  std::function<bool(PageNumber)> ends_between{};
};

struct Result {
  Fault fault = Fault::none;
  Address fault_address = 0;  ///< virtual; guest-physical for a guest page fault
  Translation translation{};  ///< A, and D for a store, as the walk leaves them
  bool between = false;       ///< it ended before the G-stage: the frame is guest-physical
};

namespace detail {

struct Page {
  Fault fault = Fault::none;
  Address fault_address = 0;
  PageNumber frame = 0;
  unsigned order = 0;
  std::uint64_t entry = 0;  ///< leaf PTE, with G of the path, and A and D as the walk leaves them
};

inline Page failed(Fault fault, Address address) {
  Page page;
  page.fault = fault;
  page.fault_address = address;
  return page;
}

inline std::uint64_t field(std::uint64_t value, unsigned high, unsigned low) {
  return (value >> low) & ((std::uint64_t{1} << (high - low + 1)) - 1);
}

inline bool allowed(std::uint64_t entry, Access access, const PrivilegeState& state) {
  const bool user = field(entry, 4, 4) == 1;
  const bool r = field(entry, 1, 1) == 1;
  const bool w = field(entry, 2, 2) == 1;
  const bool x = field(entry, 3, 3) == 1;
  if (state.privilege == Privilege::user && !user) return false;
  if (state.privilege == Privilege::supervisor && user) {
    if (access == Access::fetch) return false;
    if (!state.sum) return false;
  }
  if (access == Access::fetch) return x;
  if (access == Access::store) return w;
  return r || (state.mxr && x);
}

/// One tree. `place` gives the physical address of a PTE for a read or a write of it, or a fault.
inline Page walk_tree(const EntryMemory& memory, PagingMode mode, PageNumber root, bool guest,
                      Address address, Access access, const PrivilegeState& state,
                      const Options& options, const std::function<Page(Address, Access)>& place) {
  const Fault kind = guest ? Fault::guest_page_fault : Fault::page_fault;
  const unsigned count = mode == PagingMode::sv39 ? 3 : mode == PagingMode::sv48 ? 4 : 5;
  const unsigned width = 12 + 9 * count;
  if (guest) {
    if (address >> (width + 2) != 0) return failed(kind, address);
  } else {
    const std::uint64_t high = address >> (width - 1);
    if (high != 0 && high != ~std::uint64_t{0} >> (width - 1)) return failed(kind, address);
  }
  Address table = root * 4096;
  bool global = false;
  for (unsigned i = count; i-- > 0;) {
    const unsigned index_bits = guest && i == count - 1 ? 11 : 9;
    const std::uint64_t index = field(address, 12 + 9 * i + index_bits - 1, 12 + 9 * i);
    const Address entry_address = table + 8 * index;
    const Page where = place(entry_address, Access::load);
    if (where.fault != Fault::none) return where;
    const auto found = memory({.guest = guest,
                               .physical = where.frame * 4096 + entry_address % 4096,
                               .of = address,
                               .level = i});
    if (!found) return failed(Fault::access_fault, address);
    std::uint64_t entry = *found;
    const std::uint64_t rwx = field(entry, 3, 1);
    if (field(entry, 0, 0) == 0 || field(entry, 60, 54) != 0) return failed(kind, address);
    if (rwx == 2 || rwx == 6) return failed(kind, address);
    if (field(entry, 62, 61) == 3) return failed(kind, address);
    if (field(entry, 62, 61) != 0 && !options.svpbmt) return failed(kind, address);
    if (field(entry, 63, 63) != 0 && !options.svnapot) return failed(kind, address);
    if (rwx == 0) {
      const bool reserved =
          field(entry, 4, 4) != 0 || field(entry, 7, 6) != 0 || field(entry, 63, 61) != 0;
      if (reserved || i == 0) return failed(kind, address);
      if (field(entry, 5, 5) != 0) global = true;
      table = field(entry, 53, 10) * 4096;
      continue;
    }
    if (!allowed(entry, access, state)) return failed(kind, address);
    Page page;
    page.order = 9 * i;
    PageNumber first = field(entry, 53, 10);
    if (field(entry, 63, 63) != 0) {
      if (i != 0 || first % 16 != 8) return failed(kind, address);
      first -= 8;
      page.order = 4;
    }
    const PageNumber pages = PageNumber{1} << page.order;
    if (first % pages != 0) return failed(kind, address);
    const bool needs_a = field(entry, 6, 6) == 0;
    const bool needs_d = access == Access::store && field(entry, 7, 7) == 0;
    if (needs_a || needs_d) {
      if (!options.hardware_ad) return failed(kind, address);
      const Page writable = place(entry_address, Access::store);
      if (writable.fault != Fault::none) return writable;
      entry |= needs_a ? 1u << 6 : 0u;
      entry |= needs_d ? 1u << 7 : 0u;
    }
    page.frame = first + address / 4096 % pages;
    page.entry = entry | (global ? 1u << 5 : 0u);
    return page;
  }
  return failed(kind, address);
}

}  // namespace detail

/// Example: `reference::walk(read, {PagingMode::sv39, root}, va, Access::load, {})`.
inline Result walk(const EntryMemory& memory, const Tables& tables, Address va, Access access,
                   const PrivilegeState& state, const Options& options = {}) {
  using detail::Page;
  const auto here = [](Address address, Access) {
    Page page;
    page.frame = address / 4096;
    return page;
  };
  Options of_guest = options;
  of_guest.hardware_ad = options.guest_hardware_ad.value_or(options.hardware_ad);
  const auto guest = [&](Address address, Access kind) {
    return detail::walk_tree(memory, tables.guest_stage, tables.guest_root, true, address, kind,
                             PrivilegeState{}, of_guest, here);
  };
  const bool two_stage = tables.guest_stage != PagingMode::bare;

  Page first;
  if (tables.stage1 == PagingMode::bare) {
    first.frame = va / 4096;
    first.entry = 0xCF | (state.privilege == Privilege::user ? 0x10u : 0u);
  } else {
    const std::function<Page(Address, Access)> place =
        two_stage ? std::function<Page(Address, Access)>(guest) : here;
    first = detail::walk_tree(memory, tables.stage1, tables.root, false, va, access, state, options,
                              place);
    if (first.fault == Fault::page_fault) return {first.fault, va, {}};
    if (first.fault != Fault::none) return {first.fault, first.fault_address, {}};
  }

  Result result;
  result.translation = {va / 4096, first.frame, static_cast<std::uint8_t>(first.order),
                        static_cast<std::uint8_t>(first.entry & 0xFE),
                        static_cast<std::uint8_t>(detail::field(first.entry, 62, 61))};
  if (!two_stage) return result;
  if (options.ends_between && options.ends_between(first.frame)) {
    result.between = true;
    return result;
  }
  const Page second = guest(first.frame * 4096 + va % 4096, access);
  if (second.fault != Fault::none) return {second.fault, second.fault_address, {}};
  Translation& both = result.translation;
  both.pfn = second.frame;
  // Two sizes, side by side: a fence names the stage-1 leaf, of which there is none where stage 1
  // is bare; a G-stage leaf bounds the frames that follow one another.
  if (tables.stage1 == PagingMode::bare) both.order = static_cast<std::uint8_t>(second.order);
  both.verdict_order = static_cast<std::uint8_t>(second.order);
  both.permissions = static_cast<std::uint8_t>(both.permissions & (second.entry | 0x30));
  if (both.attributes == 0) {
    both.attributes = static_cast<std::uint8_t>(detail::field(second.entry, 62, 61));
  }
  return result;
}

inline Result walk(const Memory& memory, const Tables& tables, Address va, Access access,
                   const PrivilegeState& state, const Options& options = {}) {
  return walk(EntryMemory([&](const TableEntry& entry) { return memory(entry.physical); }), tables,
              va, access, state, options);
}

}  // namespace kilburn::reference
