// Main memory as the harts of a platform share it: where it lies in the host, which pages hold
// decoded instructions, which lines are reserved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <vector>

#include "common/types.h"
#include "riscv/decode/block.h"
#include "riscv/memory/reservations.h"

namespace kilburn::riscv {

/// Byte a page: what a store to it has to look at. 0: nothing, so harts store through their direct
/// pointers.
namespace mark {
inline constexpr std::uint8_t code = 1;      ///< instructions of it are decoded, or executed
inline constexpr std::uint8_t reserved = 2;  ///< a hart has a reservation in it
inline constexpr std::uint8_t watched = 4;   ///< see MainMemory::watch
}  // namespace mark

/// Modelled: the consequences of a write, by whomever, to decoded blocks and reservations. Whoever
/// writes main memory other than through a hart (a device, the page-table walker) calls `written`.
/// Not modelled: caches. No time.
class MainMemory {
 public:
  /// Its first byte and its size are multiples of the page size; `host` outlives this.
  struct Region {
    Address base = 0;
    std::span<std::byte> host;
    [[nodiscard]] bool contains(Address address, std::uint64_t bytes) const {
      return bytes <= host.size() && address - base <= host.size() - bytes;
    }
  };

  /// Regions must not overlap. `harts`: numbers 0 to harts - 1 are passed as `writer`.
  /// `fetch_line_bytes`: of their L1I; 0: they have none.
  MainMemory(std::vector<Region> regions, unsigned harts, Address fetch_line_bytes = 0);

  static constexpr unsigned device = ~0u;  ///< `writer`: no hart
  /// What [address, address + bytes) was, it no longer is. `writer` keeps its reservation.
  void written(Address address, std::uint64_t bytes, unsigned writer = device);

  /// The region that holds all of [address, address + bytes); null where none does.
  [[nodiscard]] const Region* find(Address address, std::uint64_t bytes) const {
    for (const Region& region : regions_) {
      if (region.contains(address, bytes)) return &region;
    }
    return nullptr;
  }
  /// Marks of the pages of the region, from its first on.
  [[nodiscard]] const std::uint8_t* marks(const Region& region) const {
    return marks_[static_cast<std::size_t>(&region - regions_.data())].data();
  }
  [[nodiscard]] bool marked(Address address) const;

  /// Told of every write into [address, address + bytes), which lies in one page: who has made it.
  /// One such place a memory.
  using Watcher = std::function<void(unsigned writer)>;
  void watch(Address address, std::uint64_t bytes, Watcher watcher);

  void reserve(unsigned hart, Address address);
  void release(unsigned hart);
  [[nodiscard]] bool reserved(unsigned hart, Address address) const {
    return reservations_.holds(hart, address);
  }

  /// The decoded blocks of a page of main memory.
  boost::intrusive_ptr<CodePage> code(PageNumber page);

  /// Where a hart executes. `leave`: its block must not go on after this instruction, because
  /// memory under it, or translations, have changed.
  struct Presence {
    PageNumber page = no_page;
    bool leave = false;
  };
  static constexpr PageNumber no_page = ~PageNumber{0};
  [[nodiscard]] Presence& presence(unsigned hart) { return presence_[hart]; }
  /// Hart executes instructions of `page` of main memory from now on.
  void enter(unsigned hart, PageNumber page) {
    presence_[hart] = {page, false};
    set_mark(page, mark::code);
  }

 private:
  [[nodiscard]] std::uint8_t* mark_of(PageNumber page);
  void set_mark(PageNumber page, std::uint8_t bit) {
    if (std::uint8_t* marks = mark_of(page)) *marks |= bit;
  }

  std::vector<Region> regions_;
  std::vector<std::vector<std::uint8_t>> marks_;  ///< by region, then page
  Reservations reservations_;
  std::vector<Presence> presence_;
  BlockCache blocks_;
  Address watched_ = 0;
  std::uint64_t watched_bytes_ = 0;
  Watcher watcher_;
};

}  // namespace kilburn::riscv
