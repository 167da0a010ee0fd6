#include "common/file_identity.h"

#include <system_error>

namespace kilburn {

namespace fs = std::filesystem;

fs::path follow_links(fs::path path) {
  constexpr int most_links = 40;  // as Linux has it
  for (int i = 0; i < most_links; ++i) {
    std::error_code no_link;
    const fs::path target = fs::read_symlink(path, no_link);
    if (no_link) break;
    path = path.parent_path() / target;  // an absolute target stands alone
  }
  return path;
}

FileIdentity::FileIdentity(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0) {
    take(status);
    return;
  }
  const fs::path target = follow_links(path);
  std::error_code ignored;
  const fs::path whole = fs::absolute(target, ignored).lexically_normal();
  known_ = true;
  if (::stat(whole.parent_path().c_str(), &status) == 0) {
    take(status);
    exists_ = false;
    name_ = whole.filename().string();
  } else {
    name_ = whole.string();
  }
}

FileIdentity::FileIdentity(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) == 0) take(status);
}

void FileIdentity::take(const struct stat& status) {
  known_ = exists_ = true;
  device_ = status.st_dev;
  inode_ = status.st_ino;
  mode_ = status.st_mode;
}

}  // namespace kilburn
