// Descriptors and processes that tests of the page-table cache talk about.
#pragma once

#include "page_table_cache/page_table_cache.h"

namespace kilburn::page_table_cache::test {

using Operation = Invalidation::Operation;

constexpr std::uint64_t pointer_to(PageNumber table) {
  return pte::make(table, pte::valid);
}

inline constexpr Context process_a{.asid = 1, .vmid = 0, .realm = 0};
inline constexpr Context process_b{.asid = 2, .vmid = 0, .realm = 0};
inline constexpr Context guest{.asid = 1, .vmid = 3, .realm = 5};

inline Key stage1(Address pa, PageNumber page, unsigned level, Context context = process_a) {
  return {pa, page, level, Stage::stage1, context};
}
inline Key g_stage(Address pa, PageNumber page, unsigned level, Context context = guest) {
  return {pa, page, level, Stage::guest, context};
}
inline Invalidation by_va(PageNumber page, PageNumber pages = 1, Context context = process_a) {
  return {.operation = Operation::by_va, .vpn = page, .pages = pages, .context = context};
}

}  // namespace kilburn::page_table_cache::test
