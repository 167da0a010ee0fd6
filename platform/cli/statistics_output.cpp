#include "platform/cli/statistics_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "common/error.h"
#include "common/file_identity.h"
#include "common/text_file.h"

namespace kilburn::platform {

namespace {

/// One [path, value, unit] a line; null where a value is not finite.
std::string list_as_json(const VisitStatistics& statistics) {
  std::string text;
  for (const StatisticValue& each : statistics_list(statistics)) {
    const nlohmann::json value =
        std::visit([](auto number) { return nlohmann::json(number); }, each.value);
    text += fmt::format("{}{}", text.empty() ? "[" : ",\n ",
                        nlohmann::json{each.path, value, each.unit}.dump());
  }
  return text + "]\n";
}

}  // namespace

void require_writable(const std::string& option, const std::string& file) {
  namespace fs = std::filesystem;
  if (file.empty() || file == standard_output) return;
  std::error_code ignored;
  const fs::file_status status = fs::status(file, ignored);
  // A file is written beside and renamed; what is no regular file (a pipe) is written through.
  bool writable = !fs::exists(status) || access(file.c_str(), W_OK) == 0;
  if (!fs::exists(status) || fs::is_regular_file(status)) {
    const fs::path folder = fs::absolute(follow_links(file), ignored).parent_path();
    writable = writable && access(folder.c_str(), W_OK) == 0;
  }
  if (fs::is_directory(status) || !writable) {
    throw InputError(fmt::format(
        "{} {}: cannot be written: allowed is a file in a folder that may be written to", option,
        file));
  }
}

void StatisticsOutput::require_writable() const {
  const bool shared = FileIdentity(STDOUT_FILENO).is_shared() && file != standard_output;
  if (!file.empty() && is_standard_output(file) && !shared && (list || table)) {
    throw InputError(
        fmt::format("--stats {}: not with {}: both go to standard output: give --stats a file",
                    file, list ? "--stats-list" : "--table"));
  }
  platform::require_writable("--stats", file);
}

void StatisticsOutput::write(const VisitStatistics& statistics, const std::string& summary) const {
  if (!file.empty()) write_file_atomically(file, statistics_json(statistics).dump(2) + "\n");
  if (list) {
    fmt::print("{}", list_as_json(statistics));
  } else if (!fills_standard_output()) {
    fmt::print("{}", table ? statistics_table(statistics) : summary);
  }
}

}  // namespace kilburn::platform
