// Of a device without parameters.
#pragma once

#include "common/parameters.h"

namespace kilburn::device {

struct NoConfig {
  void visit(ParameterVisitor& /*v*/) {}
};

}  // namespace kilburn::device
