// What the program's exit statuses mean. A guest that fails gives its own code instead.
#pragma once

namespace kilburn::platform::exit_status {

inline constexpr int success = 0;
/// What was asked for could not be done, or differs, or is missing in part; internal errors.
inline constexpr int failure = 1;
/// Of files or the command line. Nothing has been done then.
inline constexpr int bad_input = 2;
inline constexpr int timed_out = 124;

/// Ended by the user: 130 after Ctrl-C (SIGINT), 143 after SIGTERM, 129 after SIGHUP, as shells
/// have it.
[[nodiscard]] constexpr int ended_by(int signal) {
  return 128 + signal;
}

}  // namespace kilburn::platform::exit_status
