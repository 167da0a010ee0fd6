// Builds page tables in test memory, for one stage or, through a guest's map of frames, for two.
#pragma once

#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "common/page_table.h"
#include "page_table_walker/test_memory.h"

namespace kilburn::test {

inline constexpr std::uint64_t rwx =
    pte::valid | pte::read | pte::write | pte::execute | pte::accessed | pte::dirty;
inline constexpr std::uint64_t urwx = rwx | pte::user;

/// Frames [first, end), handed out lowest first; freed frames come back first, to make any stale
/// descriptor point into a table of somebody else.
class FramePool {
 public:
  FramePool(PageNumber first, PageNumber end) : next_(first), end_(end) {}
  PageNumber take() {
    if (!freed_.empty()) {
      const PageNumber frame = freed_.back();
      freed_.pop_back();
      return frame;
    }
    if (next_ == end_) throw std::runtime_error("frame pool is empty");
    return next_++;
  }
  PageNumber take_aligned(PageNumber frames) {
    next_ = (next_ + frames - 1) / frames * frames;
    const PageNumber first = next_;
    next_ += frames;
    return first;
  }
  void give_back(PageNumber frame) { freed_.push_back(frame); }

 private:
  PageNumber next_;
  PageNumber end_;
  std::vector<PageNumber> freed_;
};

/// One tree of page tables. Addresses are those of the tree's own space; `physical` turns them into
/// places in memory (the identity but for a guest's stage 1), `take` provides zeroed tables.
class TableBuilder {
 public:
  TableBuilder(
      TestMemory& memory, PagingMode mode, PageNumber root, bool guest_stage,
      std::function<PageNumber()> take,
      std::function<Address(Address)> physical = [](Address a) { return a; })
      : memory_(&memory),
        mode_(mode),
        root_(root),
        guest_stage_(guest_stage),
        take_(std::move(take)),
        physical_(std::move(physical)) {}

  [[nodiscard]] PageNumber root() const { return root_; }
  [[nodiscard]] PagingMode mode() const { return mode_; }
  [[nodiscard]] unsigned root_level() const { return levels(mode_) - 1; }
  [[nodiscard]] std::uint64_t get(Address slot) const { return memory_->get(physical_(slot)); }
  void set(Address slot, std::uint64_t value) { memory_->set(physical_(slot), value); }

  /// Address of the descriptor of `page` at `level`, tables being made on the way down; 0 where a
  /// leaf is in the way.
  Address slot(PageNumber page, unsigned level, std::uint64_t pointer_flags = 0) {
    PageNumber table = root_;
    for (unsigned at = root_level();; --at) {
      const PageNumber mask = guest_stage_ && at == root_level() ? 0x7FF : 0x1FF;
      const Address here = table * page_bytes + 8 * ((page >> (9 * at)) & mask);
      if (at == level) return here;
      if ((get(here) & pte::valid) == 0) {
        const PageNumber fresh = take_();
        for (unsigned i = 0; i < 512; ++i) set(fresh * page_bytes + Address{8} * i, 0);
        set(here, pte::make(fresh, pte::valid | pointer_flags));
      }
      if (pte::is_leaf(get(here))) return 0;
      table = pte::pfn(get(here));
    }
  }
  /// Maps a leaf at `level`. Example: `map(0x40201, 0x99, urwx)`.
  void map(PageNumber page, PageNumber frame, std::uint64_t flags, unsigned level = 0) {
    set(slot(page, level), pte::make(frame, flags));
  }
  /// Maps a 64 KiB leaf: sixteen equal PTEs. `page` and `frame` are multiples of 16.
  void map_napot(PageNumber page, PageNumber frame, std::uint64_t flags) {
    for (unsigned i = 0; i < 16; ++i) map(page + i, frame | 8, flags | pte::napot);
  }

 private:
  TestMemory* memory_;
  PagingMode mode_;
  PageNumber root_;
  bool guest_stage_;
  std::function<PageNumber()> take_;
  std::function<Address(Address)> physical_;
};

}  // namespace kilburn::test
