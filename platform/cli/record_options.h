// Options of the command line for what is taken down of a run: waveforms, traces.
#pragma once

#include <CLI/CLI.hpp>

#include "platform/board/recorder.h"
#include "platform/node/platform_config.h"
#include "platform/waveform/waveform.h"

namespace kilburn::platform {

/// --vcd and its own. Returns --vcd.
CLI::Option* add_waveform_options(CLI::App& command, WaveformOptions& waveform);
/// When the command line has been read: whether it gave a window.
void choose_window(const CLI::App& command, WaveformOptions& waveform);
/// --record and its own. Returns --record.
CLI::Option* add_record_options(CLI::App& command, board::RecordOptions& record);
/// Throws InputError where the window ends before it begins, or a waveform of a difference is
/// wanted and nothing may differ.
void require_lockstep(const WaveformOptions& waveform, const PlatformConfig& config);

}  // namespace kilburn::platform
