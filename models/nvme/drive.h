// The drive behind the controller: flash with its translation layer, or none.
#pragma once

#include <memory>

#include "common/statistics.h"
#include "ftl/media.h"
#include "nvme/nvme_function.h"

namespace kilburn::nvme {

/// Throws InputError where configuration or image cannot be a drive.
class Drive {
 public:
  explicit Drive(const NvmeConfig& config);
  ~Drive();
  Drive(const Drive&) = delete;
  Drive& operator=(const Drive&) = delete;
  Drive(Drive&&) = delete;
  Drive& operator=(Drive&&) = delete;

  [[nodiscard]] ftl::Media& media() { return *media_; }
  void visit(StatisticVisitor& v) const;

 private:
  struct Flash;
  std::unique_ptr<Flash> flash_;  ///< null: there is none
  std::unique_ptr<ftl::Media> ideal_;
  ftl::Media* media_ = nullptr;
};

}  // namespace kilburn::nvme
