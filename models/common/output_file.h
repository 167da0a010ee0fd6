// A file that appears under its name only when it is complete: the one way by which anything here
// is written.
#pragma once

#include <sys/stat.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace kilburn {

/// What a command line calls standard output. A file of that name is "./-".
inline constexpr std::string_view standard_output = "-";

/// `path` is that name, or another of the file that standard output is (/dev/stdout).
[[nodiscard]] bool is_standard_output(const std::filesystem::path& path);

/// Written beside the file (NAME.partial, or NAME.2.partial where that is there already) and
/// renamed by commit(), so that NAME holds what it held before or all of the new. A symbolic link
/// is followed; an older file's owner and permissions are kept. Destroyed before, it removes what
/// it wrote, unless told to keep it.
///
/// What is no regular file (a device, a pipe, /dev/stdout) is written through and stays what it is.
/// Standard output goes through stdio, in turn with what is printed.
///
/// Throws InputError with the name and the system's reason where it cannot be opened, written or
/// closed; for standard output std::system_error, as fmt::print does. Does not wait for the disk: a
/// power cut is not covered.
class OutputFile {
 public:
  /// `seeking`: the format goes back to what was written. What cannot seek is refused then.
  enum class Access : std::uint8_t { forwards, seeking };

  explicit OutputFile(std::filesystem::path path, Access access = Access::forwards);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  /// Passes on what is in the buffer.
  void flush();
  /// Bytes written so far.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  void commit();

  /// What was passed on stays under the name partial() also where the file is never complete.
  void keep() { keeps_ = true; }
  /// The name that is written under until commit(): a library that opens files by name writes
  /// there. Empty where it is written through.
  [[nodiscard]] const std::filesystem::path& partial() const { return partial_; }
  /// True where it is no regular file.
  [[nodiscard]] bool writes_through() const { return partial_.empty(); }

 private:
  void open_beside(const std::optional<struct stat>& older);
  void write_out(std::span<const std::byte> bytes);
  /// `reason`: of errno.
  [[noreturn]] void fail(int reason);

  std::filesystem::path path_;    ///< as given
  std::filesystem::path target_;  ///< with links followed
  std::filesystem::path partial_;
  int descriptor_ = -1;
  bool is_standard_output_ = false;
  std::vector<std::byte> buffer_;
  std::uint64_t size_ = 0;
  bool failed_ = false;
  bool committed_ = false;
  bool keeps_ = false;
};

}  // namespace kilburn
