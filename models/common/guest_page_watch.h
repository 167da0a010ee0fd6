// Guest-physical pages that a walk must not lead to, as an IOMMU's MSI page tables have them.
#pragma once

#include <cstdint>
#include <optional>

#include "common/types.h"

namespace kilburn {

/// Asked between the stages of a two-stage walk, for the page of the original access.
class GuestPageWatch {
 public:
  virtual ~GuestPageWatch() = default;
  /// log2 of a naturally aligned block of pages round `page` that may be translated as one piece.
  /// Nothing: the walk ends there, with a guest page fault of the original access.
  [[nodiscard]] virtual std::optional<std::uint8_t> translatable(PageNumber page) const = 0;
};

}  // namespace kilburn
