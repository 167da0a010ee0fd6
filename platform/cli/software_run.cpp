#include "platform/cli/software_run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <memory>
#include <systemc>

#include "common/text_file.h"
#include "platform/board/hart_waveform.h"
#include "platform/cli/board_summary.h"
#include "platform/cli/device_check.h"
#include "platform/gdb/server.h"
#include "platform/host/progress_console.h"
#include "platform/host/terminal_console.h"
#include "platform/node/first_level_tlb.h"
#include "platform/process/command_files.h"
#include "platform/process/exit_status.h"
#include "platform/process/progress.h"
#include "platform/process/standard_streams.h"
#include "platform/process/user_interrupt.h"

namespace kilburn::platform {

namespace {

using host::RunOutcome;
using SteadyClock = std::chrono::steady_clock;

/// What is said of the end, and the exit status.
struct End {
  std::string text;
  int status;
};

/// `interrupted_status`: after an interrupt.
End end_of(const RunOutcome& outcome, int interrupted_status) {
  using enum RunOutcome::Kind;
  switch (outcome.kind) {
    case passed:
      return {"the guest ended the run: passed", 0};
    case failed:
      return {fmt::format("the guest ended the run: failed with code {}{}", outcome.code,
                          outcome.message.empty() ? "" : " (" + outcome.message + ")"),
              std::clamp(static_cast<int>(outcome.code & 0xFF), 1, 0xFF)};
    case reset:
      return {"the guest asked for a reset", 0};
    case stuck:
      return {outcome.message, 1};
    case idle:
      return {"every hart waits for an interrupt that cannot come", 1};
    case timeout:
      return {"timeout", exit_status::timed_out};
    case interrupted:
      return {"interrupted: the statistics are those of the part that ran", interrupted_status};
  }
  return {"", 1};
}

double simulated_seconds() {
  return sc_core::sc_time_stamp().to_seconds();
}

/// What a trace says of where it comes from.
trace::Metadata metadata_of(const board::Software& software) {
  const auto name = [](const std::string& file) {
    return std::filesystem::path(file).filename().string();
  };
  trace::Metadata metadata{{"program", name(software.elf)}, {"recorder", "kilburn run --record"}};
  if (!software.kernel.empty()) metadata["kernel"] = name(software.kernel);
  if (!software.append.empty()) metadata["command"] = software.append;
  return metadata;
}

/// A script's console has more ways to end than a terminal has. Where it was waiting, standard
/// error tells for what.
End end_of_script(const host::ScriptConsole& script, End end, bool gave_up) {
  if (script.at_end()) return {"the script ended the run", 0};
  if (script.played() && !gave_up) return end;
  fmt::print(stderr, "kilburn: {}{}\n", gave_up ? "" : end.text + "; ", script.waits_for());
  if (gave_up) end.text = "the script waited in vain";
  return {end.text, gave_up || end.status == 0 ? 1 : end.status};
}

/// What takes something down of a run, beside its statistics.
class Records {
 public:
  /// Before the simulation. `waveform`: the board's, or null.
  Records(board::Board& board, const SoftwareRun& run, Waveform* waveform)
      : board_(board), run_(run), waveform_(waveform) {
    if (!run.record.file.empty()) recorder_.emplace(board, run.record, metadata_of(run.software));
    if (waveform_ != nullptr) {
      hart_.emplace(board, *waveform_);
      waveform_->show_counters(statistics_of(board));
    }
    if (run.signature.file.empty()) return;
    const memory::StorageConfig& memory = run.config.memory.storage;
    signature_ =
        software::signature_range(*board.program(), {.first = memory.base, .bytes = memory.bytes});
  }
  /// RTL and model of a TLB have differed.
  void mismatch() {
    if (waveform_ == nullptr) return;
    waveform_->mismatch();
    waveform_->finish();
  }
  void finish() {
    if (waveform_ != nullptr) waveform_->finish();
    if (signature_) {
      std::vector<std::byte> bytes(signature_->bytes);
      (void)board_.peek(signature_->first, bytes);  // the range lies in memory
      write_file_atomically(run_.signature.file,
                            software::signature_text(bytes, run_.signature.granularity));
    }
    if (recorder_) recorder_->finish();
  }
  [[nodiscard]] std::string summary() const { return recorder_ ? recorder_->summary() : ""; }

 private:
  board::Board& board_;
  const SoftwareRun& run_;
  Waveform* waveform_;
  std::optional<board::Recorder> recorder_;
  std::optional<board::HartWaveform> hart_;
  std::optional<software::AddressRange> signature_;
};

std::string_view speed_features(const SoftwareRun& run) {
  if (!run.config.riscv.fast_path) return "off";
  if (!run.record.file.empty()) {
    const bool all = run.record.from == 0 && run.record.limit == UINT64_MAX;
    return all ? "off" : "on but within the recording";
  }
  return run.waveform.file.empty()
             ? "on: decoded blocks, direct memory pointers, repeated lookups counted in batches"
             : "on but within the waveform";
}

}  // namespace

void check_files(const SoftwareRun& run) {
  CommandFiles files;
  files.reads("config", run.config_file);
  files.reads("--elf", run.software.elf);
  files.reads("--kernel", run.software.kernel);
  files.reads("--initrd", run.software.initrd);
  files.reads("--overlay", run.software.overlay);
  if (run.script) files.reads("--script", run.script->file);
  files.writes("--stats", run.output.file, CommandFiles::Dash::standard_output);
  files.writes("--signature", run.signature.file);
  add_waveform(files, run.waveform);
  if (run.record.file.empty()) return;
  for (unsigned i = 0; i < run.config.riscv.harts; ++i) {
    files.writes("--record", board::record_file(run.record.file, i, run.config.riscv.harts));
  }
}

SoftwareEnd run_software(const SoftwareRun& run) {
  const PlatformConfig& config = run.config;
  check_files(run);
  run.output.require_writable();
  require_writable("--signature", run.signature.file);
  InterruptFlag interrupt;
  const auto started = SteadyClock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(SteadyClock::now() - started).count();
  };
  std::unique_ptr<host::Console> console;
  host::ScriptConsole* script = nullptr;
  if (run.script) {
    auto player = std::make_unique<host::ScriptConsole>(*run.script, simulated_seconds,
                                                        run.output.fills_standard_output());
    script = player.get();
    console = std::move(player);
  } else {
    console = std::make_unique<host::TerminalConsole>(
        interrupt.raised(), run.output.fills_standard_output() ? STDERR_FILENO : STDOUT_FILENO);
  }
  bool out_of_patience = false;
  bool script_gave_up = false;
  board::BoardOptions options{.software = run.software};
  options.semihosting = run.semihosting;
  if (run.timeout_ms > 0) {
    options.timeout = static_cast<Cycles>(
        std::llround(run.timeout_ms * 1e3 * static_cast<double>(config.clock.frequency_mhz)));
  }
  options.interrupt = &interrupt.raised();
  host::ProgressConsole shown(*console);
  options.progress = [&](std::uint64_t instructions) {
    if (!run.output.list) shown.update(instructions);
    if (script != nullptr && (script->at_end() || script->timed_out())) {
      script_gave_up = !script->at_end();
      interrupt.raised() = true;
    }
    if (standard_output_has_failed()) interrupt.raised() = true;
    if (run.host_timeout > 0 && seconds() >= run.host_timeout) {
      out_of_patience = true;
      interrupt.raised() = true;
    }
  };
  std::optional<Waveform> waveform;
  if (!run.waveform.file.empty()) {
    options.waveform = &waveform.emplace(run.waveform, Clock(period_of(config.clock)));
  }
  board::Board board("board", config, options, shown);
  Records records(board, run, options.waveform);
  std::optional<DeviceCheck> check;
  if (run.check) check.emplace(board);
  std::optional<gdb::Server> server;
  if (run.gdb_port) {
    server.emplace("gdb", board, *run.gdb_port, interrupt.raised());
    fmt::print(stderr, "kilburn: waiting for gdb: target remote :{}\n", server->port());
  }
  RunOutcome outcome;
  try {
    outcome = board.simulate();
  } catch (const burst_tlb::LockstepError& error) {
    shown.finish();
    fmt::print(stderr, "kilburn: {}\n", error.what());
    records.mismatch();
    return {.status = 1, .statistics = {}};
  }
  shown.finish();
  if (const auto failure = check ? check->failure() : std::nullopt) {
    fmt::print(stderr, "kilburn: {}\n", *failure);
    return {.status = 1, .statistics = {}};
  }
  if (out_of_patience) outcome.kind = RunOutcome::Kind::timeout;
  End end = end_of(outcome, interrupt.status());
  if (script != nullptr) {
    end = end_of_script(*script, std::move(end), script_gave_up);
  } else {
    console.reset();  // the terminal is as it was; nobody prints any more
  }
  if (server) server->finish(end.status);
  records.finish();
  const double elapsed = std::max(seconds(), 1e-9);
  const auto instructions = static_cast<double>(board.instructions());
  if (!run.output.fills_standard_output()) fmt::print("\n");
  const VisitStatistics statistics = statistics_of(board);
  if (!run.output.list && !run.about.empty()) fmt::print("{}\n", run.about);
  run.output.write(statistics, summary(board));
  SoftwareEnd result{.status = end.status, .statistics = statistics_list(statistics)};
  if (const std::string text = records.summary(); !text.empty()) {
    fmt::print(run.output.fills_standard_output() ? stderr : stdout, "\n{}", text);
  }
  if (run.output.fills_standard_output()) return result;
  fmt::print("\n{}\n{} instructions in {:.2f} s of host time, {}/s; fast path {}\n", end.text,
             short_count(instructions), elapsed, short_count(instructions / elapsed),
             speed_features(run));
  if (check) fmt::print("{}", check->summary());
  return result;
}

}  // namespace kilburn::platform
