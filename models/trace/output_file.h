// A file that appears under its name only when it is complete.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <span>

namespace kilburn::trace {

/// Writes beside the file (".partial") and renames in commit(). Destroyed before, it removes what
/// it wrote, unless told to keep it. Throws InputError, with the system's reason, where a file
/// cannot be written.
class OutputFile {
 public:
  explicit OutputFile(std::filesystem::path path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::span<const std::byte> bytes);
  /// Bytes written so far.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  void commit();
  /// What was written stays under the name `partial()` also where the file is never complete.
  void keep() { keeps_ = true; }
  [[nodiscard]] const std::filesystem::path& partial() const { return partial_; }

 private:
  [[noreturn]] void fail() const;

  std::filesystem::path path_;
  std::filesystem::path partial_;
  std::ofstream stream_;
  std::uint64_t size_ = 0;
  bool committed_ = false;
  bool keeps_ = false;
};

}  // namespace kilburn::trace
