// kilburn run --check of software: what devices use is compared with the IOMMU's tables.
#pragma once

#include <optional>
#include <string>

#include "iommu_check/translation_check.h"
#include "platform/board/board.h"

namespace kilburn::platform {

/// Watches the board's IOMMU, where there is one; the first difference ends the run.
class DeviceCheck {
 public:
  explicit DeviceCheck(board::Board& board);

  /// Nothing: all is right.
  [[nodiscard]] std::optional<std::string> failure() const;
  /// For the end of a run: what was checked, or why nothing was.
  [[nodiscard]] std::string summary() const;

 private:
  std::optional<iommu::TranslationCheck> check_;
};

}  // namespace kilburn::platform
