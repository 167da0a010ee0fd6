// Keeps two sweeps off one database, and lets readers read.
#pragma once

#include <string>

namespace kilburn::platform::sweep {

/// An advisory lock on one byte that SQLite does not use. It ends with the process, however that
/// ends. Destroy it after every connection to the file: closing a descriptor of a file drops
/// SQLite's own locks on it.
class DatabaseLock {
 public:
  /// Creates `path` empty where there is no file. Throws InputError where another sweep holds the
  /// lock, or the file cannot be opened.
  explicit DatabaseLock(const std::string& path);
  ~DatabaseLock();
  DatabaseLock(const DatabaseLock&) = delete;
  DatabaseLock& operator=(const DatabaseLock&) = delete;

  /// Of the file, as it is now.
  [[nodiscard]] bool empty() const;

 private:
  int file_ = -1;
};

}  // namespace kilburn::platform::sweep
