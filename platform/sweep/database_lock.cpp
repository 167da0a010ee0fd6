#include "platform/sweep/database_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "common/error.h"

namespace kilburn::platform::sweep {

namespace {
// SQLite locks 512 bytes from 2^30 on.
constexpr off_t lock_byte = (off_t{1} << 30) - 1;
}  // namespace

DatabaseLock::DatabaseLock(const std::string& path)
    : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (file_ < 0) {
    throw InputError(
        fmt::format("{}: cannot be written: {}", path, std::generic_category().message(errno)));
  }
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = lock_byte;
  lock.l_len = 1;
  if (fcntl(file_, F_OFD_SETLK, &lock) == 0) return;
  const int error = errno;
  close(file_);
  if (error == EAGAIN || error == EACCES) {
    throw InputError(fmt::format("{}: another sweep is writing to it", path));
  }
  throw InputError(
      fmt::format("{}: cannot be locked: {}", path, std::generic_category().message(error)));
}

DatabaseLock::~DatabaseLock() {
  close(file_);
}

bool DatabaseLock::empty() const {
  struct stat status {};
  return fstat(file_, &status) == 0 && status.st_size == 0;
}

}  // namespace kilburn::platform::sweep
