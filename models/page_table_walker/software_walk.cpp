#include "page_table_walker/software_walk.h"

#include "common/page_table.h"

namespace kilburn::page_table_walker {

namespace {

constexpr unsigned more_guest_bits = 2;  ///< that a G-stage translates than its mode says

/// One stage; `where` finds the physical place of a table's entry.
template <class Where>
std::optional<Address> walk(PagingMode mode, PageNumber root, bool guest_stage, Address address,
                            PteFormat format, const TableReader& read, Where where) {
  const PageNumber page = address >> page_shift;
  PageNumber table = root;
  for (unsigned level = levels(mode); level-- > 0;) {
    const bool wide = guest_stage && level + 1 == levels(mode);
    const PageNumber index = page >> level_order(level) & (wide ? 0x7FF : 0x1FF);
    const std::optional<Address> slot = where((table << page_shift) + 8 * index);
    if (!slot) return std::nullopt;
    const std::optional<std::uint64_t> entry = read(*slot);
    if (!entry) return std::nullopt;
    if (format.is_pointer(*entry, level)) {
      table = pte::pfn(*entry);
      continue;
    }
    const auto leaf = format.leaf(*entry, level, page, false);
    if (!leaf) return std::nullopt;
    return leaf->frame << page_shift | address % page_bytes;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Address> physical_address(const Regime& regime, PteFormat format, Address va,
                                        const TableReader& read) {
  const auto same = [](Address address) { return std::optional(address); };
  const auto guest = [&](Address address) -> std::optional<Address> {
    const PagingMode mode = regime.guest_stage;
    if (mode == PagingMode::bare) return address;
    if (address >> (virtual_bits(mode) + more_guest_bits) != 0) return std::nullopt;
    return walk(mode, regime.guest_root, true, address, format, read, same);
  };
  if (regime.stage1 == PagingMode::bare) return guest(va);
  if (!is_canonical(va, regime.stage1)) return std::nullopt;
  const auto inner = walk(regime.stage1, regime.root, false, va, format, read, guest);
  return inner ? guest(*inner) : std::nullopt;
}

}  // namespace kilburn::page_table_walker
