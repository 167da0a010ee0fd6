// Whose tables a transaction goes through: from device and process to the stages in force.
// Source: RISC-V IOMMU Architecture 1.0.0, chapter 2.3, steps 1 to 16.
#pragma once

#include <cstdint>
#include <optional>

#include "common/page_table.h"
#include "dma/requester.h"
#include "iommu/cause.h"
#include "iommu/context.h"
#include "iommu/directories.h"

namespace kilburn::iommu {

/// ddtp, decoded.
struct DirectoryPointer {
  enum class Mode : std::uint8_t { off, bare, one_level, two_levels, three_levels };
  Mode mode = Mode::off;
  PageNumber root = 0;
  [[nodiscard]] unsigned levels() const {
    return mode <= Mode::bare ? 0 : static_cast<unsigned>(mode) - 1;
  }
};

enum class AddressKind : std::uint8_t { untranslated, translated, translation_request, message };

struct Transaction {
  std::uint32_t device = 0;
  std::optional<dma::Pasid> process{};
  AddressKind kind = AddressKind::untranslated;
  Access access = Access::load;
};

struct Scope {
  std::optional<Cause> cause{};  ///< why there is none
  std::uint64_t iotval2 = 0;
  bool silent = false;    ///< DTF
  bool identity = false;  ///< the address is physical already
  SharedContext device{};
  FirstStage first{};
  PrivilegeState privilege{};
  Cycles latency = 0;
  TableWork work{};
};

/// As far as the device's context: of a message nothing more is asked.
[[nodiscard]] Scope find_device(const DirectoryPointer& pointer, const Transaction& transaction,
                                Directories& directories, Cycles now);
/// An invalidation of contexts in the middle has it look again.
[[nodiscard]] Scope find_scope(const DirectoryPointer& pointer, const Transaction& transaction,
                               Directories& directories, GuestAddressing& guest, Cycles now);

}  // namespace kilburn::iommu
