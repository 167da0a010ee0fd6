#include "common/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "common/error.h"
#include "common/file_identity.h"

namespace kilburn {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t buffer_bytes = std::size_t{1} << 16;
constexpr mode_t permission_bits = 0777;  ///< not set-user-ID and its like

/// A name beside `target`; the first of them is 0. A file's name has at most 255 bytes.
fs::path name_beside(const fs::path& target, unsigned number) {
  constexpr std::size_t longest = 230;
  fs::path beside = target.parent_path() / target.filename().native().substr(0, longest);
  beside += number == 0 ? ".partial" : fmt::format(".{}.partial", number + 1);
  return beside;
}

}  // namespace

bool is_standard_output(const fs::path& path) {
  if (path == standard_output) return true;
  const FileIdentity file(path);
  return file.exists() && file == FileIdentity(STDOUT_FILENO);
}

OutputFile::OutputFile(fs::path path, Access access) : path_(std::move(path)), target_(path_) {
  const FileIdentity file(path_);
  is_standard_output_ = is_standard_output(path_);
  if (access == Access::seeking && (is_standard_output_ || (file.exists() && !file.is_regular()))) {
    throw InputError(fmt::format(
        "{}: cannot be written: its format goes back to what was written: allowed is a file",
        path_.string()));
  }
  if (is_standard_output_) return;
  buffer_.reserve(buffer_bytes);
  struct stat status {};
  const bool exists = ::stat(path_.c_str(), &status) == 0;
  if (!exists || S_ISREG(status.st_mode)) {
    target_ = follow_links(path_);
    open_beside(exists ? std::optional(status) : std::nullopt);
    return;
  }
  if (S_ISDIR(status.st_mode)) fail(EISDIR);
  const int known = file == FileIdentity(STDERR_FILENO) ? ::dup(STDERR_FILENO) : -1;
  descriptor_ = known >= 0 ? known : ::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor_ < 0) fail(errno);
}

void OutputFile::open_beside(const std::optional<struct stat>& older) {
  if (older && ::access(target_.c_str(), W_OK) != 0) fail(errno);
  constexpr unsigned most = 1000;  // so many writers of one file at a time, or left by kills
  for (unsigned i = 0; descriptor_ < 0 && i < most; ++i) {
    partial_ = name_beside(target_, i);
    descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0 && errno != EEXIST) break;
  }
  if (descriptor_ < 0) fail(errno);
  if (!older) return;
  constexpr auto same = static_cast<uid_t>(-1);
  if (::fchown(descriptor_, older->st_uid, older->st_gid) != 0 &&
      ::fchown(descriptor_, same, older->st_gid) != 0) {
    // Only root can give a file to another user: it becomes the writer's.
  }
  ::fchmod(descriptor_, older->st_mode & permission_bits);
}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (committed_ || keeps_ || writes_through()) return;
  std::error_code ignored;  // nothing better can be done in a destructor
  fs::remove(partial_, ignored);
}

void OutputFile::write(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  if (is_standard_output_) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) != bytes.size()) fail(errno);
    return;
  }
  if (buffer_.size() + bytes.size() <= buffer_bytes) {
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    return;
  }
  flush();
  write_out(bytes);
}

void OutputFile::flush() {
  if (is_standard_output_) {
    if (std::fflush(stdout) != 0) fail(errno);
    return;
  }
  const std::vector<std::byte> bytes = std::exchange(buffer_, {});
  buffer_.reserve(buffer_bytes);
  write_out(bytes);
}

void OutputFile::write_out(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {  // a pipe that someone made not to wait
      pollfd room{descriptor_, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (errno != EINTR) {
      fail(errno);
    }
  }
}

void OutputFile::commit() {
  if (failed_) fail(EIO);  // it was told before, and someone caught it
  flush();
  if (is_standard_output_) {
    committed_ = true;
    return;
  }
  // Some file systems tell only now that there is no room.
  if (::close(std::exchange(descriptor_, -1)) != 0 && errno != EINTR) fail(errno);
  if (!writes_through() && std::rename(partial_.c_str(), target_.c_str()) != 0) fail(errno);
  committed_ = true;
}

void OutputFile::fail(int reason) {
  failed_ = true;
  if (is_standard_output_) {
    throw std::system_error(reason, std::generic_category(), "standard output");
  }
  throw InputError(fmt::format("{}: cannot be written: {}", path_.string(),
                               std::generic_category().message(reason)));
}

}  // namespace kilburn
