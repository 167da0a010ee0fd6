// What tells one file from another, under whatever names.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace kilburn {

/// `path`, where it is a symbolic link, as the file that the link leads to, also where that is not
/// there yet. Of a ring of links, a link.
[[nodiscard]] std::filesystem::path follow_links(std::filesystem::path path);

/// Two names with one identity are one file: the same device and inode. A file that is not there
/// yet is known by its folder and its name in it.
/// Example: FileIdentity("a") == FileIdentity("../folder/link_to_a").
class FileIdentity {
 public:
  explicit FileIdentity(const std::filesystem::path& path);
  /// Of an open file; none where it is closed.
  explicit FileIdentity(int descriptor);

  [[nodiscard]] bool exists() const { return exists_; }
  /// Of what exists.
  [[nodiscard]] bool is_regular() const { return exists_ && S_ISREG(mode_); }
  /// A terminal, /dev/null: any number may write to it and read from it at a time.
  [[nodiscard]] bool is_shared() const { return exists_ && S_ISCHR(mode_); }
  friend bool operator==(const FileIdentity& a, const FileIdentity& b) {
    return a.known_ && b.known_ && a.device_ == b.device_ && a.inode_ == b.inode_ &&
           a.name_ == b.name_;
  }

 private:
  void take(const struct stat& status);

  bool known_ = false;
  bool exists_ = false;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  mode_t mode_ = 0;
  std::string name_;  ///< in the folder whose device and inode they are; empty: it is there
};

}  // namespace kilburn
