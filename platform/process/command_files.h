// The files of one command, told apart before any of them is opened.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/file_identity.h"

namespace kilburn::platform {

/// Takes down what a command reads and writes. An output that is an input too, or another output,
/// whatever names lead to it (links, another folder's name), would destroy it: it is refused. So is
/// `-` as an output that does not go to standard output; of what is read, it is standard input. All
/// of it throws InputError naming both options. Names that are empty, and so were not given, are
/// passed over. Terminals and /dev/null are files that any number may share.
///
/// Example:
///   CommandFiles files;
///   files.reads("--trace", "a.ktrace");
///   files.writes("--stats", "s.json", CommandFiles::Dash::standard_output);
class CommandFiles {
 public:
  /// What the name `-` of an output means.
  enum class Dash { refused, standard_output };

  /// With standard output, where that is a file.
  CommandFiles();

  /// `what`: the option or argument as the user knows it.
  void reads(std::string_view what, const std::filesystem::path& file);
  void writes(std::string_view what, const std::filesystem::path& file, Dash dash = Dash::refused);
  /// An SQLite database, with the files that SQLite keeps beside it. One that is written must be a
  /// file.
  void reads_database(std::string_view what, const std::filesystem::path& file);
  void writes_database(std::string_view what, const std::filesystem::path& file);
  /// A folder that is emptied first: no other file may lie within.
  void writes_folder(std::string_view what, const std::filesystem::path& folder);

 private:
  struct Entry {
    std::string name;  ///< as messages say it: option and file
    FileIdentity file;
    std::filesystem::path path;  ///< canonical; empty for a stream
    bool written;
    bool is_folder = false;
  };
  void add(Entry entry);

  std::vector<Entry> entries_;
};

}  // namespace kilburn::platform
