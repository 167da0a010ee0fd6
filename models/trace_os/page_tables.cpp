#include "trace_os/page_tables.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "common/random.h"

namespace kilburn::trace_os {
namespace {

constexpr std::uint64_t entries_of_table = 512;
constexpr unsigned entries_of_napot = 1u << napot_order;
constexpr std::uint64_t flag_bits = (1u << pte::pfn_shift) - 1;

constexpr Address napot_first(Address entry_address) {
  return entry_address & ~Address{8 * entries_of_napot - 1};
}

}  // namespace

void PageTables::write(Address entry_address, std::uint64_t entry) {
  memory_.write64(entry_address, entry);
}

bool PageTables::is_empty(PageNumber table) const {
  static constexpr std::array<std::byte, page_bytes> zeros{};
  return std::memcmp(memory_.frame(table), zeros.data(), page_bytes) == 0;
}

void PageTables::write_leaf(Address at, PageNumber pfn, unsigned order, std::uint64_t flags) {
  if (order != napot_order) {
    write(at, pte::make(pfn, flags));
    return;
  }
  // Svnapot: sixteen equal entries, the size as a one bit below the frame number's aligned part.
  const std::uint64_t entry = pte::make(pfn | 1u << (napot_order - 1), flags | pte::napot);
  for (unsigned i = 0; i < entries_of_napot; ++i) write(at + Address{i} * 8, entry);
}

void PageTables::clear_leaf(const WalkEnd& leaf) {
  if ((leaf.entry & pte::napot) == 0) {
    write(leaf.entry_address, 0);
    return;
  }
  const Address first = napot_first(leaf.entry_address);
  for (unsigned i = 0; i < entries_of_napot; ++i) write(first + Address{i} * 8, 0);
}

std::uint64_t PageTables::flags(const WalkEnd& leaf) const {
  if ((leaf.entry & pte::napot) == 0) return leaf.entry & flag_bits;
  std::uint64_t flags = 0;
  const Address first = napot_first(leaf.entry_address);
  for (unsigned i = 0; i < entries_of_napot; ++i) flags |= read(first + Address{i} * 8) & flag_bits;
  return flags;
}

void PageTables::write_small_leaves(Address first, PageNumber pfn, unsigned order,
                                    std::uint64_t flags) {
  for (std::uint64_t i = 0; i < std::uint64_t{1} << order; ++i) {
    write(first + i * 8, pte::make(pfn + i, flags));
  }
}

std::vector<PageNumber> PageTables::prune(PageNumber first, PageNumber end) {
  std::vector<PageNumber> emptied;
  prune_table({root_, levels(mode_) - 1, 0}, first, end, emptied);
  return emptied;
}

bool PageTables::prune_table(Table table, PageNumber first, PageNumber end,
                             std::vector<PageNumber>& emptied) {
  if (table.level == 0) return is_empty(table.frame);
  const unsigned order = level_order(table.level);
  const PageNumber from = std::max(align_down(first, order), table.vpn);
  const bool is_root = table.frame == root_;
  const PageNumber pages = (is_root ? root_entries() : entries_of_table) << order;
  const PageNumber to = std::min(end, table.vpn + pages);
  for (PageNumber vpn = from; vpn < to; vpn += PageNumber{1} << order) {
    const Address at =
        is_root ? root_entry_address(vpn) : entry_address(table.frame, vpn, table.level);
    const std::uint64_t entry = read(at);
    if (entry == 0 || pte::is_leaf(entry)) continue;
    if (prune_table({pte::pfn(entry), table.level - 1, vpn}, first, end, emptied)) {
      write(at, 0);
      emptied.push_back(pte::pfn(entry));
    }
  }
  return !is_root && is_empty(table.frame);
}

std::optional<PageNumber> PageTables::pick(std::uint64_t random) const {
  PageNumber table = root_;
  PageNumber vpn = 0;
  for (unsigned level = levels(mode_) - 1;; --level) {
    std::array<std::uint64_t, entries_of_table << guest_root_order> valid;  // the first `count`
    std::size_t count = 0;
    const std::uint64_t entries = table == root_ ? root_entries() : entries_of_table;
    for (std::uint64_t i = 0; i < entries; ++i) {
      if (read((table << page_shift) + i * 8) != 0) valid[count++] = i;
    }
    if (count == 0) return std::nullopt;  // only the root can be empty
    random = mix64(random);
    const std::uint64_t index = valid[random % count];
    vpn |= index << level_order(level);
    const std::uint64_t entry = read((table << page_shift) + index * 8);
    if (level == 0) return vpn;
    if (pte::is_leaf(entry)) {
      return vpn | (mix64(random) & ((std::uint64_t{1} << level_order(level)) - 1));
    }
    table = pte::pfn(entry);
  }
}

}  // namespace kilburn::trace_os
