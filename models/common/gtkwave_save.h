// GTKWave save files: which signals a viewer shows, in groups.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kilburn {

/// Of an enumeration: the names of its values from 0 on; empty names stand for values that it has
/// not. Lives as long as the program.
struct ValueNames {
  std::string_view title;
  std::span<const std::string_view> names;
};

struct WaveformSignal {
  std::string path;  ///< as in the waveform, with dots and, where it is a vector, [high:0]
  enum class Format : std::uint8_t { binary, hexadecimal, decimal } format = Format::hexadecimal;
  const ValueNames* names = nullptr;  ///< shown in place of the numbers; the format is decimal then
};
struct WaveformGroup {
  std::string name;
  std::vector<WaveformSignal> signals;
};

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

/// Of Access, Privilege and Fault.
extern const ValueNames access_names, privilege_names, fault_names;

}  // namespace kilburn
