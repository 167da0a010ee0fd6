#include "platform/sweep/workloads.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <glob.h>
#include <xxhash.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <set>
#include <system_error>

#include "common/error.h"
#include "common/input_path.h"

namespace kilburn::platform::sweep {

namespace {

namespace fs = std::filesystem;

std::string hexadecimal(XXH128_hash_t hash) {
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

struct Match {
  std::string given;
  fs::path path;
};

/// `text` such that a pattern matches nothing but it.
std::string escaped(std::string_view text) {
  std::string pattern;
  for (const char c : text) {
    if (std::string_view("*?[\\").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

class GlobResult {
 public:
  explicit GlobResult(const std::string& pattern) {
    found_ = ::glob(pattern.c_str(), 0, nullptr, &result_) == 0;
  }
  ~GlobResult() { ::globfree(&result_); }
  GlobResult(const GlobResult&) = delete;
  GlobResult& operator=(const GlobResult&) = delete;

  [[nodiscard]] std::span<char*> paths() const {
    return found_ ? std::span(result_.gl_pathv, result_.gl_pathc) : std::span<char*>{};
  }

 private:
  glob_t result_{};
  bool found_ = false;
};

std::vector<Match> matches_of(const std::string& given, const fs::path& folder,
                              const std::string& place) {
  std::error_code ignored;
  if (const fs::path path = folder / given; fs::exists(path, ignored)) {
    if (fs::is_directory(path, ignored)) {
      throw InputError(fmt::format("{}: trace {}: is a folder: its traces are {}/*.ktrace", place,
                                   given, given));
    }
    if (!readable_again(path)) {
      throw InputError(fmt::format("{}: trace {}: is no file: a sweep reads its traces many times",
                                   place, given));
    }
    return {{given, path}};
  }
  const bool relative = !fs::path(given).is_absolute();
  const std::string prefix = relative && !folder.empty() ? (folder / "").string() : "";
  std::vector<Match> matches;
  const GlobResult found(escaped(prefix) + given);
  for (const char* path : found.paths()) {
    const std::string_view text = path;
    if (!fs::is_directory(text, ignored)) {
      matches.push_back({std::string(text.substr(prefix.size())), text});
    }
  }
  if (matches.empty()) {
    throw InputError(fmt::format("{}: trace {}: there is no such file (in {})", place, given,
                                 folder.empty() ? "." : folder.string()));
  }
  return matches;
}

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
struct FreeState {
  void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
};

}  // namespace

std::vector<Workload> find_workloads(const SpaceFile& space) {
  const fs::path folder = fs::path(space.path).parent_path();
  std::vector<Workload> workloads;
  if (space.traces.empty()) workloads.push_back({.name = "flows", .given = {}, .traces = {}});
  std::set<std::string> names;
  const auto add = [&](const std::vector<Match>& matches, const std::string& place) {
    Workload workload;
    for (const Match& match : matches) {
      workload.given.push_back(match.given);
      workload.traces.push_back(match.path);
    }
    workload.name = fmt::format("{}", fmt::join(workload.given, "+"));
    if (!names.insert(workload.name).second) {
      throw InputError(fmt::format("{}: trace {} stands there twice", place, workload.name));
    }
    workloads.push_back(std::move(workload));
  };
  for (const TracePattern& pattern : space.traces) {
    std::vector<Match> all;
    for (const std::string& file : pattern.files) {
      for (Match& match : matches_of(file, folder, pattern.place)) all.push_back(std::move(match));
    }
    if (pattern.side_by_side) {
      add(all, pattern.place);
    } else {
      for (const Match& match : all) add({match}, pattern.place);
    }
  }
  return workloads;
}

std::string content_hash(const Workload& workload) {
  std::string hashes;
  std::vector<char> buffer(std::size_t{1} << 20);
  for (const fs::path& path : workload.traces) {
    const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
    const std::unique_ptr<XXH3_state_t, FreeState> state(XXH3_createState());
    XXH3_128bits_reset(state.get());
    while (file) {
      const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get());
      XXH3_128bits_update(state.get(), buffer.data(), got);
      if (got < buffer.size()) break;
    }
    if (!file || std::ferror(file.get()) != 0) {
      throw InputError(fmt::format("{}: cannot be read: {}", path.string(),
                                   std::generic_category().message(errno)));
    }
    hashes += hexadecimal(XXH3_128bits_digest(state.get()));
  }
  return hashes;
}

std::string hash_text(std::string_view text) {
  return hexadecimal(XXH3_128bits(text.data(), text.size()));
}

}  // namespace kilburn::platform::sweep
