// A hart's virtual memory as a debugger sees it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "common/types.h"
#include "page_table_walker/page_table_walker.h"
#include "page_table_walker/pte_format.h"

namespace kilburn::page_table_walker {

/// Eight bytes of physical memory; nothing where there is none.
using TableReader = std::function<std::optional<std::uint64_t>(Address)>;

/// The physical address behind `va` in one or two stages, by a walk in software: no TLB is asked or
/// filled, no A or D set, no right checked. Nothing where it is not mapped.
[[nodiscard]] std::optional<Address> physical_address(const Regime& regime, PteFormat format,
                                                      Address va, const TableReader& read);

}  // namespace kilburn::page_table_walker
