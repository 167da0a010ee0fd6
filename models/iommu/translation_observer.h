// Whoever watches what an IOMMU answers devices, and what software says has changed.
#pragma once

#include <cstdint>
#include <optional>

#include "common/invalidation.h"
#include "common/typed_address.h"
#include "iommu/cause.h"
#include "iommu/command.h"
#include "iommu/scope.h"

namespace kilburn::iommu {

/// What a device gets.
struct UsedTranslation {
  std::optional<Cause> cause{};
  PageNumber frame = 0;   ///< guest-physical where the device is told such (T2GPA)
  bool resident = false;  ///< a memory-resident interrupt file: there is no frame
  bool hit = false;       ///< the IOTLB answered
};

/// Called in the order of events. What `started` and `change_started` return goes to the call that
/// ends the same thing.
class TranslationObserver {
 public:
  using Moment = std::uint64_t;
  virtual ~TranslationObserver() = default;
  virtual Moment started(const Transaction& transaction, IoVirtualAddress at) = 0;
  /// Once or, for a request of several rights, for each of them.
  virtual void used(const Transaction& transaction, IoVirtualAddress at, Moment start,
                    const UsedTranslation& answer) = 0;

  virtual Moment change_started() = 0;
  /// All have acknowledged.
  virtual void changed(const AddressSpaces::Change& change, Moment start) = 0;
  /// Of no device in particular: of all.
  virtual void changed(const DirectoryInvalidation& what) = 0;
  /// By the RMU: rights to frames narrow.
  virtual void changed(const Invalidation& invalidation) = 0;
};

}  // namespace kilburn::iommu
