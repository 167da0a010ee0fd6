#include "platform/waveform/gtkwave_save.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/file_identity.h"
#include "common/text_file.h"

namespace kilburn {

namespace {

/// Flags of a trace, as GTKWave's analyzer writes them (analyzer.h): justified to the right, and
/// the format; translated by a file.
constexpr const char* flags[] = {"@28", "@22", "@24"};
constexpr const char* translated = "@2024";

/// GTKWave's zoom is the negative binary logarithm of the time that 200 pixels show.
double zoom(std::uint64_t cycle_ps) {
  constexpr double cycles_in_200_pixels = 10;
  return -std::log2(cycles_in_200_pixels * static_cast<double>(cycle_ps));
}

void write_names(const std::filesystem::path& file, const ValueNames& names) {
  std::string text;
  for (std::size_t value = 0; value < names.names.size(); ++value) {
    if (!names.names[value].empty()) text += fmt::format("{} {}\n", value, names.names[value]);
  }
  write_file_atomically(file.string(), text);
}

}  // namespace

std::filesystem::path gtkwave_save_file(std::filesystem::path waveform) {
  return waveform.replace_extension(".gtkw");
}

std::filesystem::path gtkwave_names_file(const std::filesystem::path& waveform,
                                         const ValueNames& names) {
  std::filesystem::path file = std::filesystem::absolute(waveform);
  return file.replace_extension(fmt::format("{}.names", names.title));
}

std::filesystem::path write_gtkwave_save(const std::filesystem::path& waveform,
                                         const std::vector<WaveformGroup>& groups,
                                         std::uint64_t start_ps, std::uint64_t cycle_ps) {
  if (const FileIdentity file(waveform); file.exists() && !file.is_regular()) return {};
  // After the zoom the cursor, at the start, and 26 markers, all unset.
  std::string no_markers;
  for (int i = 0; i < 26; ++i) no_markers += " -1";
  std::string text = fmt::format(
      "[dumpfile] \"{}\"\n[timestart] {}\n[size] 1500 1000\n[pos] -1 -1\n*{:.6f} {}{}\n"
      "[sst_width] 10\n[signals_width] 260\n",
      std::filesystem::absolute(waveform).string(), start_ps, zoom(cycle_ps), start_ps, no_markers);
  // GTKWave counts its filters in the order of their first use.
  std::vector<const ValueNames*> filters;
  for (const WaveformGroup& group : groups) {
    text += fmt::format("@800200\n-{}\n", group.name);
    for (const WaveformSignal& signal : group.signals) {
      if (signal.names == nullptr) {
        text += fmt::format("{}\n{}\n", flags[static_cast<unsigned>(signal.format)], signal.path);
        continue;
      }
      auto filter = std::ranges::find(filters, signal.names);
      const std::filesystem::path file = gtkwave_names_file(waveform, *signal.names);
      if (filter == filters.end()) {
        write_names(file, *signal.names);
        filter = filters.insert(filters.end(), signal.names);
      }
      text += fmt::format("{}\n^{} {}\n{}\n", translated, filter - filters.begin() + 1,
                          file.string(), signal.path);
    }
    text += fmt::format("@1000200\n-{}\n", group.name);
  }
  std::filesystem::path save = gtkwave_save_file(waveform);
  write_file_atomically(save.string(), text);
  return save;
}

}  // namespace kilburn
