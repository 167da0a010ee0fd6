// How software ends a run by a device.
#pragma once

#include <cstdint>

#include "common/types.h"

namespace kilburn::device {

struct End {
  enum class Kind : std::uint8_t { pass, fail, reset } kind = Kind::pass;
  std::uint16_t code = 0;  ///< exit code of a failure, as software gave it; 0 otherwise
  Cycles when = 0;
  friend bool operator==(const End&, const End&) = default;
};

}  // namespace kilburn::device
