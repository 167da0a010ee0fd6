#include "finisher/finisher.h"

namespace kilburn::finisher {

void Finisher::write(std::uint32_t value, Cycles now) {
  switch (value & UINT16_MAX) {
    case FINISHER_PASS:
      finished_({.kind = End::Kind::pass, .code = 0, .when = now});
      break;
    case FINISHER_FAIL:
      finished_({.kind = End::Kind::fail,
                 .code = static_cast<std::uint16_t>(value >> FINISHER_CODE_SHIFT),
                 .when = now});
      break;
    case FINISHER_RESET:
      finished_({.kind = End::Kind::reset, .code = 0, .when = now});
      break;
    default:
      break;
  }
}

}  // namespace kilburn::finisher
