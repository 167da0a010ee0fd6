// One of Slurm's commands, run to its end.
#pragma once

#include <string>
#include <vector>

namespace kilburn::platform::sweep {

struct SlurmCommandOutcome {
  int status = -1;  ///< exit status; -1: a signal ended it
  std::string out;
  std::string err;
};

/// Looked for in PATH. Ctrl-C does not reach it, nor do the user's SQUEUE_* preferences, which can
/// hide jobs. Throws InputError where there is no such command.
[[nodiscard]] SlurmCommandOutcome run_slurm_command(std::vector<std::string> arguments);

}  // namespace kilburn::platform::sweep
