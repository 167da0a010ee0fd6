#include "platform/cli/record_options.h"

#include "common/error.h"
#include "platform/cli/number_option.h"

namespace kilburn::platform {

CLI::Option* add_waveform_options(CLI::App& command, WaveformOptions& waveform) {
  CLI::Option* vcd =
      command.add_option("--vcd", waveform.file,
                         "write a waveform (.vcd, or .fst for long ones), and a GTKWave "
                         "save file beside it; without --vcd-from and --vcd-until, "
                         "100000 cycles from the first look-up on");
  command
      .add_option("--trace-scope", waveform.scopes,
                  "what the waveform shows: hart, mmu.itlb, mmu.dtlb (their ports), any other "
                  "block (its counters)")
      ->allow_extra_args(false)
      ->needs(vcd);
  add_number(command, "--vcd-hart", waveform.hart,
             "hart whose accesses and TLBs the waveform shows; 0 if not given")
      ->needs(vcd);
  add_number(command, "--vcd-from", waveform.from, "from this cycle")->needs(vcd);
  add_number(command, "--vcd-until", waveform.until, "until this cycle")->needs(vcd);
  command
      .add_flag("--vcd-on-mismatch", waveform.on_mismatch,
                "only the last accesses before RTL and model differ")
      ->needs(vcd);
  return vcd;
}

void choose_window(const CLI::App& command, WaveformOptions& waveform) {
  waveform.from_first_lookup =
      command.count("--vcd-from") == 0 && command.count("--vcd-until") == 0;
}

CLI::Option* add_record_options(CLI::App& command, board::RecordOptions& recorded) {
  CLI::Option* record = command.add_option(
      "--record", recorded.file,
      "write what the harts ask of their TLBs as a trace (.ktrace), of several harts one each");
  add_number(command, "--record-from", recorded.from, "pass over so many accesses of each hart")
      ->needs(record);
  add_number(command, "--record-limit", recorded.limit, "record so many accesses of each hart",
             {.min = 1})
      ->needs(record);
  return record;
}

void require_lockstep(const WaveformOptions& waveform, const PlatformConfig& config) {
  require_window("--vcd-from", waveform.from, "--vcd-until", waveform.until);
  const mmu::MmuConfig& tlbs = config.mmu.first_level;
  if (!waveform.on_mismatch || tlbs.itlb.implementation == mmu::Implementation::lockstep ||
      tlbs.dtlb.implementation == mmu::Implementation::lockstep) {
    return;
  }
  throw InputError(
      "--vcd-on-mismatch: nothing is compared: set mmu.dtlb.implementation or "
      "mmu.itlb.implementation to lockstep");
}

}  // namespace kilburn::platform
