// The kilburn program: its subcommands, and how errors end it.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <string>
#include <systemc>

#include "common/error.h"
#include "platform/cli/build_info.h"
#include "platform/cli/command_line_error.h"
#include "platform/cli/commands.h"
#include "platform/cli/option_values.h"
#include "platform/process/exit_status.h"
#include "platform/process/standard_streams.h"
#include "platform/process/user_interrupt.h"

int sc_main(int argc, char** argv) {
  using namespace kilburn;
  CLI::App app("Kilburn: a virtual platform for those who design address translation", "kilburn");
  int status = 0;
  platform::add_commands(app, platform::build_text(), status);
  platform::refuse_empty_values(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // help, version
    fmt::print(stderr, "{}", platform::text_of(app, error));
    return platform::exit_status::bad_input;
  } catch (const InputError& error) {
    fmt::print(stderr, "kilburn: {}\n", error.what());
    return platform::exit_status::bad_input;
  } catch (const platform::Interrupted& interrupted) {
    return interrupted.status;
  } catch (const std::exception& error) {
    if (const int failure = platform::standard_output_failure(error); failure != 0) return failure;
    fmt::print(stderr, "kilburn: internal error: {}\n", error.what());
    return platform::exit_status::failure;
  }
  return status;
}

int main(int argc, char** argv) {
  kilburn::platform::prepare_standard_streams();
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);  // its banner is not our output
  return kilburn::platform::finish_standard_output(sc_core::sc_elab_and_sim(argc, argv));
}
