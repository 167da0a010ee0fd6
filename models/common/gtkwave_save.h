// GTKWave save files: which signals a viewer shows, in groups.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace kilburn {

struct WaveformSignal {
  std::string path;  ///< as in the waveform, with dots and, where it is a vector, [high:0]
  enum class Format : std::uint8_t { binary, hexadecimal, decimal } format = Format::hexadecimal;
};
struct WaveformGroup {
  std::string name;
  std::vector<WaveformSignal> signals;
};

/// Writes `waveform` with .gtkw in the place of its extension, beside it; returns that path. Open
/// it with `gtkwave FILE.gtkw`: some forty nanoseconds from `start_ps` on are shown. Throws
/// InputError where it cannot be written.
std::filesystem::path write_gtkwave_save(const std::filesystem::path& waveform,
                                         const std::vector<WaveformGroup>& groups,
                                         std::uint64_t start_ps);

}  // namespace kilburn
