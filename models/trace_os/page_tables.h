// The page tables of one address space, in simulated memory, in the RISC-V format.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/page_table.h"
#include "common/types.h"
#include "trace_os/table_memory.h"

namespace kilburn::trace_os {

/// Where a walk ended: at a leaf, or at an invalid entry.
struct WalkEnd {
  Address entry_address = 0;
  std::uint64_t entry = 0;  ///< 0: invalid
  unsigned level = 0;

  [[nodiscard]] bool mapped() const { return entry != 0; }
  /// log2 of the pages that the leaf covers.
  [[nodiscard]] unsigned order() const {
    return (entry & pte::napot) != 0 ? napot_order : level_order(level);
  }
  /// First frame of the leaf. Svnapot keeps the size in the low bits of its frame number.
  [[nodiscard]] PageNumber pfn() const { return pte::pfn(entry) >> order() << order(); }
};

/// What a tree of tables translates: a process's virtual addresses, or a guest's physical ones
/// (Sv39x4 and so on: the root is four frames, and addresses are two bits wider).
enum class Stage : std::uint8_t { stage1, guest };
inline constexpr unsigned guest_root_order =
    2;  ///< log2 of the root's frames, and of its alignment

/// First page of the naturally aligned block of 2^order pages that holds `page`.
[[nodiscard]] constexpr PageNumber align_down(PageNumber page, unsigned order) {
  return page >> order << order;
}

/// Reads and writes entries; frames for tables come from the caller. Kept true by the caller: no
/// table but the root is empty, so an invalid entry means that its whole range is unmapped.
class PageTables {
 public:
  /// The root's frames must hold zeros.
  PageTables(TableMemory memory, PagingMode mode, PageNumber root, Stage stage = Stage::stage1)
      : memory_(memory), mode_(mode), root_(root), stage_(stage) {}

  [[nodiscard]] PageNumber root() const { return root_; }
  [[nodiscard]] PagingMode mode() const { return mode_; }
  [[nodiscard]] WalkEnd walk(PageNumber vpn) const {
    PageNumber table = root_;
    for (unsigned level = levels(mode_) - 1;; --level) {
      const Address at =
          table == root_ ? root_entry_address(vpn) : entry_address(table, vpn, level);
      const std::uint64_t entry = read(at);
      if (level == 0 || entry == 0 || pte::is_leaf(entry)) return {at, entry, level};
      table = pte::pfn(entry);
    }
  }

  /// Below the root.
  [[nodiscard]] static Address entry_address(PageNumber table, PageNumber vpn, unsigned level) {
    return (table << page_shift) + (vpn >> level_order(level) & 511) * 8;
  }
  [[nodiscard]] std::uint64_t read(Address entry_address) const {
    return memory_.read64(entry_address);
  }
  void write(Address entry_address, std::uint64_t entry);
  [[nodiscard]] bool is_empty(PageNumber table) const;

  /// Writes a leaf of `order` (0, 4, 9) at `at`, the place of its (first) entry.
  void write_leaf(Address at, PageNumber pfn, unsigned order, std::uint64_t flags);
  /// Invalidates the leaf where `leaf` ended: all sixteen entries of a Svnapot one.
  void clear_leaf(const WalkEnd& leaf);
  /// Bits 9..0 of the leaf. A and D of a Svnapot leaf are those of any of its sixteen entries.
  [[nodiscard]] std::uint64_t flags(const WalkEnd& leaf) const;
  /// Writes 2^order leaves of 4 KiB, to consecutive frames, from `first` on.
  void write_small_leaves(Address first, PageNumber pfn, unsigned order, std::uint64_t flags);

  /// Calls `visit(first vpn, WalkEnd)` for each leaf that covers a page of [first, end), ascending.
  /// `visit` may change or clear the leaf, but neither add nor remove tables.
  template <class Visit>
  void for_each_leaf(PageNumber first, PageNumber end, Visit&& visit) const {
    for (PageNumber vpn = first; vpn < end;) {
      const WalkEnd at = walk(vpn);
      const unsigned order = at.mapped() ? at.order() : level_order(at.level);
      if (at.mapped()) visit(align_down(vpn, order), at);
      vpn = align_down(vpn, order) + (PageNumber{1} << order);
    }
  }

  /// Takes the empty tables below [first, end) out of the tree, but for the root; their frames.
  std::vector<PageNumber> prune(PageNumber first, PageNumber end);
  /// A mapped page: at each level one of the valid entries, by `random`. Empty: nothing is mapped.
  [[nodiscard]] std::optional<PageNumber> pick(std::uint64_t random) const;
  /// Pages that there are to map: of the user half, the lower half of the virtual addresses, or all
  /// guest-physical ones.
  [[nodiscard]] PageNumber user_pages() const {
    const unsigned bits =
        stage_ == Stage::guest ? virtual_bits(mode_) + guest_root_order : virtual_bits(mode_) - 1;
    return PageNumber{1} << (bits - page_shift);
  }

 private:
  [[nodiscard]] std::uint64_t root_entries() const {
    return std::uint64_t{512} << (stage_ == Stage::guest ? guest_root_order : 0);
  }
  [[nodiscard]] Address root_entry_address(PageNumber vpn) const {
    const std::uint64_t index = vpn >> level_order(levels(mode_) - 1) & (root_entries() - 1);
    return (root_ << page_shift) + index * 8;
  }
  struct Table {
    PageNumber frame;
    unsigned level;  ///< of its entries
    PageNumber vpn;  ///< first page that it maps
  };
  /// True where `table` is empty in the end.
  bool prune_table(Table table, PageNumber first, PageNumber end, std::vector<PageNumber>& emptied);

  TableMemory memory_;
  PagingMode mode_;
  PageNumber root_;
  Stage stage_;
};

}  // namespace kilburn::trace_os
