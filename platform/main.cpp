// The kilburn program: its subcommands, and how errors end it.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <exception>
#include <string>
#include <systemc>

#include "common/error.h"
#include "platform/cosim_command.h"
#include "platform/demo_command.h"
#include "platform/linux_command.h"
#include "platform/params_command.h"
#include "platform/report_command.h"
#include "platform/run_command.h"
#include "platform/sweep_command.h"
#include "platform/trace_command.h"

namespace {

constexpr int bad_input = 2;

}  // namespace

int sc_main(int argc, char** argv) {
  using namespace kilburn;
  CLI::App app("Kilburn: a virtual platform for those who design address translation", "kilburn");
  app.require_subcommand(1);
  app.set_version_flag("--version", KILBURN_VERSION);
  int status = 0;
  platform::add_run_command(app, status);
  platform::add_linux_command(app, status);
  platform::add_report_command(app);
  platform::add_params_command(app);
  platform::add_demo_command(app, status);
  platform::add_cosim_command(app, status);
  platform::add_trace_command(app, status);
  platform::add_sweep_command(app, status);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (app.exit(error) == 0) return 0;
    // CLI11 looks for what is missing first, and then does not say what it did not know.
    if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) {
      for (const std::string& unknown : app.remaining(true)) {
        fmt::print(stderr, "Not known here: {}\n", unknown);
      }
    }
    return bad_input;
  } catch (const InputError& error) {
    fmt::print(stderr, "kilburn: {}\n", error.what());
    return bad_input;
  } catch (const std::exception& error) {
    fmt::print(stderr, "kilburn: internal error: {}\n", error.what());
    return 1;
  }
  return status;
}

int main(int argc, char** argv) {
  setenv("SYSTEMC_DISABLE_COPYRIGHT_MESSAGE", "1", 0);  // its banner is not our output
  return sc_core::sc_elab_and_sim(argc, argv);
}
