// GTKWave save files: which signals a viewer shows, in groups.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "common/waveform_group.h"

namespace kilburn {

/// `waveform` with .gtkw, or .TITLE.names, in the place of its extension.
[[nodiscard]] std::filesystem::path gtkwave_save_file(std::filesystem::path waveform);
[[nodiscard]] std::filesystem::path gtkwave_names_file(const std::filesystem::path& waveform,
                                                       const ValueNames& names);

/// Writes the save file of `waveform` and returns its name. Open it with `gtkwave FILE.gtkw`: some
/// sixty cycles of `cycle_ps` from `start_ps` on are shown. The names of values are GTKWave's
/// translate filters, a file FILE.TITLE.names each. A waveform that went through a pipe or a device
/// gets none, and the name is empty. Throws InputError where they cannot be written.
std::filesystem::path write_gtkwave_save(const std::filesystem::path& waveform,
                                         const std::vector<WaveformGroup>& groups,
                                         std::uint64_t start_ps, std::uint64_t cycle_ps);

}  // namespace kilburn
