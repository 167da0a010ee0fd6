// Physical memory protection as a page-table walker meets it.
#pragma once

#include "common/types.h"

namespace kilburn {

/// Of the hart that walks. Source: RISC-V Privileged Architecture 1.12, 3.7.1: PMP is checked for
/// the implicit accesses of a walk as for supervisor's.
class TableProtection {
 public:
  virtual ~TableProtection() = default;
  /// May the walker read (or, for A and D, write) the eight bytes at `address`?
  [[nodiscard]] virtual bool allows_table(Address address, Access access) const = 0;
};

}  // namespace kilburn
