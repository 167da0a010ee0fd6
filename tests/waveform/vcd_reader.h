// Reads a waveform back through GTKWave's own tools: VCD to FST to VCD, so that what our writers
// wrote has been understood by another program before a test looks at it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace kilburn {

class VcdReader {
 public:
  explicit VcdReader(const std::filesystem::path& vcd) {
    const std::filesystem::path fst = vcd.string() + ".fst";
    const std::filesystem::path back = vcd.string() + ".back.vcd";
    // What is FST needs the second step only.
    const bool is_vcd = std::ifstream(vcd).peek() == '$';
    const std::string first =
        (is_vcd ? "vcd2fst '" : "cp '") + vcd.string() + "' '" + fst.string() + "' >/dev/null";
    const std::string convert =
        first + " && fst2vcd '" + fst.string() + "' > '" + back.string() + "'";
    if (std::system(convert.c_str()) != 0) {  // NOLINT: a test's own command
      ADD_FAILURE() << "vcd2fst and fst2vcd cannot read " << vcd;
      return;
    }
    parse(back);
  }

  [[nodiscard]] bool has(const std::string& path) const { return ids_.contains(path); }
  /// The low 64 bits at a time: of the last change at or before it.
  [[nodiscard]] std::uint64_t at(const std::string& path, std::uint64_t time) const {
    const auto id = ids_.find(path);
    if (id == ids_.end()) {
      ADD_FAILURE() << "no signal " << path;
      return 0;
    }
    const auto& changes = changes_.at(id->second);
    const auto after = changes.upper_bound(time);
    if (after == changes.begin()) {
      ADD_FAILURE() << path << " has no value at " << time;
      return 0;
    }
    return std::prev(after)->second;
  }
  [[nodiscard]] std::uint64_t first_time() const { return first_; }
  [[nodiscard]] std::uint64_t last_time() const { return last_; }
  [[nodiscard]] std::size_t changes(const std::string& path) const {
    return changes_.at(ids_.at(path)).size();
  }

 private:
  void parse(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::vector<std::string> scope;
    std::string word;
    std::uint64_t time = 0;
    bool timed = false;
    while (in >> word) {
      if (word == "$scope") {
        std::string kind, name;
        in >> kind >> name;
        scope.push_back(name);
      } else if (word == "$upscope") {
        scope.pop_back();
      } else if (word == "$var") {
        std::string kind, id, name;
        unsigned width = 0;
        in >> kind >> width >> id >> name;
        std::string path;
        for (const std::string& part : scope) path += part + ".";
        ids_[path + name] = id;
        changes_[id];
      } else if (word[0] == '#') {
        time = std::stoull(word.substr(1));
        if (!timed) first_ = time;
        timed = true;
        last_ = time;
      } else if (word[0] == 'b') {
        std::string id;
        in >> id;
        std::uint64_t value = 0;
        for (const char bit : word.substr(1)) value = value << 1 | (bit == '1' ? 1 : 0);
        changes_[id][time] = value;
      } else if ((word[0] == '0' || word[0] == '1') && word.size() > 1) {
        changes_[word.substr(1)][time] = word[0] == '1' ? 1 : 0;
      }
    }
  }

  std::map<std::string, std::string> ids_;
  std::map<std::string, std::map<std::uint64_t, std::uint64_t>> changes_;
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
};

}  // namespace kilburn
