// Standard input, output and error of the program: what becomes of it where they fail.
#pragma once

#include <exception>

namespace kilburn::platform {

/// At the very beginning. A stream that is closed is put on something that can be neither read nor
/// written as it would be, lest the first file that is opened takes its place. A write to a pipe
/// without a reader, or beyond the size that a file may have, becomes an error, not a signal.
/// Messages that standard error cannot take are lost in silence.
void prepare_standard_streams();

/// At the very end: the exit status, `status` or, where not all could be written to standard
/// output, bad_input after a message. Where its reader went away (`| head`), ends the process as
/// any other: by SIGPIPE.
[[nodiscard]] int finish_standard_output(int status);
/// The errno of standard output, where `error` came of a write to it. 0: it did not.
[[nodiscard]] int standard_output_failure(const std::exception& error);

/// Standard output has failed: nothing more is worth printing.
[[nodiscard]] bool standard_output_has_failed();

}  // namespace kilburn::platform
