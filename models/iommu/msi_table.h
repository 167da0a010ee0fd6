// MSI page tables: where a device's interrupt messages to a guest's interrupt files go.
// Source: RISC-V IOMMU Architecture 1.0.0, chapter 2.3.3; Advanced Interrupt Architecture 1.0, 9.5.
#pragma once

#include <cstdint>
#include <optional>

#include "common/types.h"
#include "iommu/cause.h"
#include "iommu/checked_memory.h"
#include "iommu/context.h"

namespace kilburn::iommu {

/// What the entry of an interrupt file says.
struct MsiTarget {
  std::optional<Cause> cause{};
  bool resident = false;       ///< the file is memory-resident (MRIF)
  PageNumber frame = 0;        ///< else: of the interrupt file
  Address file = 0;            ///< resident: 512 bytes
  Address notice_address = 0;  ///< resident: where its notices go
  std::uint32_t notice_data = 0;
  Cycles latency = 0;
  std::uint32_t reads = 0;  ///< of the table
};

/// `page` is a guest-physical one that `device.files` holds.
[[nodiscard]] MsiTarget find_msi_target(const DeviceContext& device, PageNumber page,
                                        std::uint64_t capabilities, CheckedMemory& memory,
                                        Cycles now);

/// What became of a message to a memory-resident file.
struct MrifStored {
  std::optional<Cause> cause{};
  bool noticed = false;
  Cycles latency = 0;
};
/// A write of `data`, as it stands in the register's own byte order, at `offset` of the page.
/// Source: Advanced Interrupt Architecture 1.0, chapter 9.3 and 9.5.2: interrupts 1 to 2047.
[[nodiscard]] MrifStored store_in_mrif(const MsiTarget& target, std::uint32_t offset,
                                       std::uint32_t data, CheckedMemory& memory, Cycles now);

}  // namespace kilburn::iommu
