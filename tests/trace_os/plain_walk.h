// A page-table walk written from the privileged specification alone, and a space to try it on.
#pragma once

#include <optional>

#include "common/types.h"
#include "memory/storage.h"
#include "trace_os/address_space.h"

namespace kilburn::trace_os {

inline constexpr std::uint64_t mebibyte = 1 << 20;
// V, R, W, X, U, A and D at their places in the privileged specification.
inline constexpr std::uint64_t flags_of_load = 0b0101'1111;
inline constexpr std::uint64_t flags_of_store = 0b1101'1111;

inline OsConfig with(Pages pages, double aging = 0.0) {
  return {.arena_bytes = 256 * mebibyte, .aging = aging, .pages = pages, .page_fault_cycles = 700};
}

struct PlainLeaf {
  PageNumber pfn = 0;  ///< of the page asked for
  std::uint64_t flags = 0;
  std::uint64_t pages = 0;  ///< that the leaf covers
  friend bool operator==(const PlainLeaf&, const PlainLeaf&) = default;
};

/// Privileged Architecture 1.12, 4.3.2 with 5.1 (Svnapot); `levels` is 3, 4 or 5.
inline std::optional<PlainLeaf> plain_walk(const memory::Storage& storage, PageNumber root,
                                           unsigned levels, Address va) {
  std::uint64_t table = root * 4096;
  for (unsigned i = levels; i-- > 0;) {
    const std::uint64_t index = va / 4096 / (std::uint64_t{1} << 9 * i) % 512;
    const std::uint64_t pte = storage.read64(table + 8 * index).value();
    if (pte % 2 == 0) return std::nullopt;
    const std::uint64_t ppn = pte / 1024 % (std::uint64_t{1} << 44);
    if ((pte & 0xE) == 0) {
      table = ppn * 4096;
      continue;
    }
    const std::uint64_t vpn = va / 4096;
    if (pte >> 63 != 0) {
      // The only encoding defined: ppn[3:0] = 1000, a 64 KiB page, at the last level.
      if (i != 0 || ppn % 16 != 8) return std::nullopt;
      return PlainLeaf{ppn / 16 * 16 + vpn % 16, pte % 1024, 16};
    }
    const std::uint64_t pages = std::uint64_t{1} << 9 * i;
    if (ppn % pages != 0) return std::nullopt;  // misaligned superpage
    return PlainLeaf{ppn + vpn % pages, pte % 1024, pages};
  }
  return std::nullopt;
}

inline constexpr Address memory_base = 0x8000'0000;

struct TestSpace {
  explicit TestSpace(const OsConfig& config, PagingMode mode = PagingMode::sv39,
                     std::uint16_t asid = 1, FrameObserver observer = {})
      : storage({.base = memory_base, .bytes = config.arena_bytes}),
        paging(mode),
        space(config, mode, {.asid = asid}, storage, memory_base >> page_shift,
              std::move(observer)) {}

  [[nodiscard]] std::optional<PlainLeaf> walk(PageNumber vpn) const {
    return plain_walk(storage, space.root(), levels(paging), vpn << page_shift);
  }
  Touch touch(PageNumber vpn, Access access = Access::load) {
    return space.touch(vpn << page_shift, access);
  }

  memory::Storage storage;
  PagingMode paging;
  AddressSpace space;
};

}  // namespace kilburn::trace_os
