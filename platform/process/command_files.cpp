#include "platform/process/command_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "common/error.h"
#include "common/output_file.h"

namespace kilburn::platform {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view beside_database[] = {"-journal", "-wal", "-shm"};

fs::path real_path(const fs::path& file) {
  std::error_code ignored;
  return fs::weakly_canonical(follow_links(file), ignored);
}

bool lies_in(const fs::path& file, const fs::path& folder) {
  return std::ranges::mismatch(folder, file).in1 == folder.end();
}

std::string name_of(std::string_view what, const fs::path& file) {
  return fmt::format("{} {}", what, file.string());
}

}  // namespace

CommandFiles::CommandFiles() {
  const FileIdentity output(STDOUT_FILENO);
  if (output.is_regular()) entries_.push_back({"standard output", output, {}, true});
}

void CommandFiles::reads(std::string_view what, const fs::path& file) {
  if (file.empty()) return;
  if (file == "-") {
    add({name_of(what, file), FileIdentity(STDIN_FILENO), {}, false});
  } else {
    add({name_of(what, file), FileIdentity(file), real_path(file), false});
  }
}

void CommandFiles::writes(std::string_view what, const fs::path& file, Dash dash) {
  if (file.empty()) return;
  if (file == standard_output && dash == Dash::refused) {
    throw InputError(fmt::format(
        "{} -: allowed is a file: it does not go to standard output; a file of the name - is ./-",
        what));
  }
  if (!is_standard_output(file) || dash == Dash::refused) {
    add({name_of(what, file), FileIdentity(file), real_path(file), true});
    return;
  }
  // What was printed there anyhow is now this.
  std::erase_if(entries_, [](const Entry& entry) { return entry.name == "standard output"; });
  add({name_of(what, file), FileIdentity(STDOUT_FILENO), {}, true});
}

void CommandFiles::reads_database(std::string_view what, const fs::path& file) {
  reads(what, file);
  for (const std::string_view suffix : beside_database) {
    if (!file.empty()) reads(what, file.string().append(suffix));
  }
}

void CommandFiles::writes_database(std::string_view what, const fs::path& file) {
  if (file.empty()) return;
  writes(what, file);
  if (const FileIdentity there(file); there.exists() && !there.is_regular()) {
    throw InputError(fmt::format(
        "{} {}: allowed is a file: a database is written in place, not through a pipe or a device",
        what, file.string()));
  }
  for (const std::string_view suffix : beside_database) {
    writes(what, file.string().append(suffix));
  }
}

void CommandFiles::writes_folder(std::string_view what, const fs::path& folder) {
  add({name_of(what, folder), FileIdentity(folder), real_path(folder), true, true});
}

void CommandFiles::add(Entry entry) {
  for (const Entry& other : entries_) {
    if (!entry.written && !other.written) continue;
    const bool nested = (other.is_folder && lies_in(entry.path, other.path)) ||
                        (entry.is_folder && lies_in(other.path, entry.path));
    if (nested || (entry.file == other.file && !entry.file.is_shared())) {
      const Entry& output = entry.written ? entry : other;
      const Entry& loser = entry.written ? other : entry;
      throw InputError(fmt::format("{}: is the same file as {}: allowed is an output of its own",
                                   output.name, loser.name));
    }
  }
  entries_.push_back(std::move(entry));
}

}  // namespace kilburn::platform
