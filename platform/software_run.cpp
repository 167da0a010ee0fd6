#include "platform/software_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "common/config_file.h"
#include "platform/board/board_summary.h"
#include "platform/board/terminal_console.h"
#include "platform/gdb/server.h"
#include "platform/interrupt.h"
#include "platform/progress.h"

namespace kilburn::platform {

namespace {

using board::RunOutcome;
using SteadyClock = std::chrono::steady_clock;

constexpr int timed_out = 124;
constexpr int interrupted = 130;

/// What is said of the end, and the exit status.
struct End {
  std::string text;
  int status;
};

End end_of(const RunOutcome& outcome) {
  using enum RunOutcome::Kind;
  switch (outcome.kind) {
    case passed:
      return {"the guest ended the run: passed", 0};
    case failed:
      return {fmt::format("the guest ended the run: failed with code {}", outcome.code),
              std::clamp(static_cast<int>(outcome.code & 0xFF), 1, 0xFF)};
    case reset:
      return {"the guest asked for a reset", 0};
    case stuck:
      return {outcome.message, 1};
    case idle:
      return {"every hart waits for an interrupt that cannot come", 1};
    case timeout:
      return {"timeout", timed_out};
    case interrupted:
      return {"interrupted: the statistics are those of the part that ran", platform::interrupted};
  }
  return {"", 1};
}

}  // namespace

PlatformConfig software_defaults() {
  PlatformConfig config;
  config.memory.storage.bytes = std::uint64_t{1} << 30;
  config.rmu.unowned = rmu::Unowned::realm_0;
  return config;
}

int run_software(const SoftwareRun& run) {
  PlatformConfig config = software_defaults();
  configure(config, run.config, run.settings);
  run.output.require_writable();
  InterruptFlag interrupt;
  const auto started = SteadyClock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(SteadyClock::now() - started).count();
  };
  bool out_of_patience = false;
  board::BoardOptions options{.software = run.software};
  if (run.timeout_ms > 0) {
    options.timeout = static_cast<Cycles>(
        std::llround(run.timeout_ms * 1e3 * static_cast<double>(config.clock.frequency_mhz)));
  }
  options.interrupt = &interrupt.raised();
  options.progress = [&](std::uint64_t) {
    if (run.host_timeout > 0 && seconds() >= run.host_timeout) {
      out_of_patience = true;
      interrupt.raised() = true;
    }
  };
  RunOutcome outcome;
  std::optional<board::TerminalConsole> console(std::in_place, interrupt.raised());
  board::Board board("board", config, options, *console);
  std::optional<gdb::Server> server;
  if (run.gdb_port) {
    server.emplace("gdb", board, *run.gdb_port, &interrupt.raised());
    fmt::print(stderr, "kilburn: waiting for gdb: target remote :{}\n", server->port());
  }
  outcome = board.simulate();
  console.reset();  // the terminal is as it was
  if (out_of_patience) outcome.kind = RunOutcome::Kind::timeout;
  const End end = end_of(outcome);
  const double elapsed = std::max(seconds(), 1e-9);
  const auto instructions = static_cast<double>(board.instructions());
  if (!run.output.list) fmt::print("\n");
  run.output.write(statistics_of(board), summary(board));
  if (run.output.list) return end.status;
  fmt::print("\n{}\n{} instructions in {:.2f} s of host time, {}/s; fast path {}\n", end.text,
             short_count(instructions), elapsed, short_count(instructions / elapsed),
             config.riscv.fast_path
                 ? "on: decoded blocks, direct memory pointers, repeated lookups "
                   "counted in batches"
                 : "off");
  return end.status;
}

}  // namespace kilburn::platform
