#include "shipped_traces.h"

#include <algorithm>
#include <filesystem>

namespace kilburn {

std::string shipped(const std::string& name) {
  return KILBURN_SOURCE_DIR "/traces/" + name + ".ktrace";
}

std::string test_file(const std::string& name) {
  return KILBURN_SOURCE_DIR "/tests/" + name;
}

std::vector<std::string> shipped_traces() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(KILBURN_SOURCE_DIR "/traces")) {
    if (entry.path().extension() == ".ktrace") paths.push_back(entry.path().string());
  }
  std::ranges::sort(paths);
  return paths;
}

}  // namespace kilburn
