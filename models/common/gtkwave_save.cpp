#include "common/gtkwave_save.h"

#include <fmt/format.h>

#include "common/text_file.h"

namespace kilburn {

std::filesystem::path write_gtkwave_save(const std::filesystem::path& waveform,
                                         const std::vector<WaveformGroup>& groups,
                                         std::uint64_t start_ps) {
  // Flags of a trace, as GTKWave's analyzer writes them.
  constexpr const char* flags[] = {"@28", "@22", "@24"};
  // The zoom, some 50 ps a pixel; after it the cursor and 26 markers, all unset.
  std::string no_markers;
  for (int i = 0; i < 27; ++i) no_markers += " -1";
  std::string text = fmt::format(
      "[dumpfile] \"{}\"\n[timestart] {}\n[size] 1500 1000\n[pos] -1 -1\n*-13.0{}\n"
      "[sst_width] 10\n[signals_width] 260\n",
      std::filesystem::absolute(waveform).string(), start_ps, no_markers);
  for (const WaveformGroup& group : groups) {
    text += fmt::format("@800200\n-{}\n", group.name);
    for (const WaveformSignal& signal : group.signals) {
      text += fmt::format("{}\n{}\n", flags[static_cast<unsigned>(signal.format)], signal.path);
    }
    text += fmt::format("@1000200\n-{}\n", group.name);
  }
  std::filesystem::path save = waveform;
  save.replace_extension(".gtkw");
  write_file_atomically(save.string(), text);
  return save;
}

}  // namespace kilburn
