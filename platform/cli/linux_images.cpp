#include "platform/cli/linux_images.h"

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>

#include "common/error.h"
#include "platform/process/child_process.h"
#include "platform/process/progress.h"
#include "platform/process/source_folder.h"
#include "platform/process/user_interrupt.h"
#include "platform/sweep/platform_process.h"

namespace kilburn::platform {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> fetch_command(const LinuxChoice& choice) {
  std::vector<std::string> command = {source_folder() + "/sw/linux/fetch", choice.cache.string(),
                                      "--suite", choice.suite};
  const auto add = [&](const std::string& option, const std::vector<std::string>& values) {
    for (const std::string& value : values) command.push_back(fmt::format("{}={}", option, value));
  };
  add("--with", choice.packages);
  add("--modules", choice.modules);
  if (!disk_is_file(choice)) add("--disk", choice.disk);
  return command;
}

/// Which packages were fetched: "linux-image-6.12.107-riscv64 6.12.107-1, opensbi 1.6-1, ...".
/// Debian's newest at the time: what is counted depends on them.
std::string packages_in(const fs::path& list) {
  std::ifstream file(list);
  std::string text;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) text += (text.empty() ? "" : ", ") + line;
  }
  return text.empty() ? fmt::format("{}: cannot be read: versions not known", list.string()) : text;
}

/// Standard output of sw/linux/fetch. Throws Interrupted.
std::string fetch(const LinuxChoice& choice) {
  InterruptFlag interrupt;
  ProgressBar bar("kilburn linux: fetching", "");
  const auto outcome = sweep::run_child(fetch_command(choice), "", interrupt.raised(),
                                        {.asked_first = true, .meanwhile = [&] { bar.update(); }});
  bar.finish();
  if (!outcome) throw Interrupted{interrupt.status()};
  if (outcome->status == 0) return outcome->out;
  std::string said = sweep::failure_of(*outcome);
  // The first line says where it comes from, and on a first start that it fetches, which is known.
  if (const auto at = said.find("fetch: "); at != std::string::npos) said.erase(0, at + 7);
  throw InputError(fmt::format("linux: {}", said));
}

}  // namespace

bool disk_is_file(const LinuxChoice& choice) {
  return choice.disk.size() == 1 && fs::is_regular_file(choice.disk.front());
}

fs::path default_linux_cache() {
  if (const char* folder = std::getenv("XDG_CACHE_HOME"); folder != nullptr && *folder == '/') {
    return fs::path(folder) / "kilburn/linux";
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    return fs::path(home) / ".cache/kilburn/linux";
  }
  throw InputError("linux: neither HOME nor XDG_CACHE_HOME says where to keep Linux: give --cache");
}

LinuxImages linux_images(const LinuxChoice& choice) {
  const fs::path folder = choice.cache / choice.suite;
  if (!fs::exists(folder)) {
    fmt::print(stderr, "kilburn: fetching Debian's kernel for riscv64 to {}: 130 MB, once\n",
               folder.string());
  }
  std::string rest = fetch(choice);
  const auto take_line = [&rest] {
    const std::size_t end = rest.find('\n');
    std::string line = rest.substr(0, end);
    rest.erase(0, end == std::string::npos ? end : end + 1);
    return line;
  };
  const std::string ram_disk = take_line();
  std::string disk;
  if (disk_is_file(choice)) {
    disk = choice.disk.front();
  } else if (!choice.disk.empty()) {
    disk = take_line();
  }
  while (!rest.empty() && rest.back() == '\n') rest.pop_back();
  return {.firmware = folder / "fw_dynamic.elf",
          .kernel = folder / "vmlinux",
          .ram_disk = ram_disk,
          .disk = disk,
          .about = packages_in(folder / "packages.txt") + (rest.empty() ? "" : "\n" + rest)};
}

}  // namespace kilburn::platform
