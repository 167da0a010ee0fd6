// The plain reading of an IOMMU's tables for device contexts of the base format, all capabilities
// but MSI page tables, and memory everywhere.
#pragma once

#include <functional>

#include "iommu_check/plain_tables.h"
#include "kilburn/iommu.h"

namespace kilburn::iommu::reference {

using Memory = std::function<std::uint64_t(Address)>;

inline Answer translate(const Memory& memory, std::uint64_t ddtp, const Asked& asked) {
  const Tables tables = [&](const Entry& entry) {
    Words words{};
    for (unsigned i = 0; i < entry.words; ++i) words[i] = memory(entry.at + Address{8} * i);
    return std::optional(words);
  };
  return translate(tables, {.ddtp = ddtp, .capabilities = ~std::uint64_t{IOMMU_CAP_MSI_FLAT}},
                   asked);
}

}  // namespace kilburn::iommu::reference
