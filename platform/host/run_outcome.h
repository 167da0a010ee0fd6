// How software's run on a board came to its end.
#pragma once

#include <cstdint>
#include <string>

namespace kilburn::host {

struct RunOutcome {
  enum class Kind : std::uint8_t {
    passed,       ///< software said so: test finisher, tohost or semihosting
    failed,       ///< the same, with a code
    reset,        ///< software asked for a reset
    stuck,        ///< a hart, or the host's side of an interface, cannot go on: see `message`
    idle,         ///< every hart waits for an interrupt that cannot come
    timeout,      ///< in simulated time
    interrupted,  ///< by the user
  };
  Kind kind = Kind::idle;
  unsigned code = 0;    ///< of `failed`
  std::string message;  ///< of `stuck`; of `failed` what else is known, or nothing
};

}  // namespace kilburn::host
