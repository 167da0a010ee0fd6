// Parameters of a drive without flash.
#pragma once

#include <cstdint>

#include "common/parameters.h"

namespace kilburn::nvme {

struct IdealDriveConfig {
  std::uint64_t bytes = std::uint64_t{1} << 30;
  std::uint32_t namespaces = 16;
  double first_namespace = 0.5;
  std::uint32_t read_ns = 10'000;
  std::uint32_t write_ns = 10'000;
  std::uint32_t resize_ns = 100'000;
  void visit(ParameterVisitor& v);
};

}  // namespace kilburn::nvme
