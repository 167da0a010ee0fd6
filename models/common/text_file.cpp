#include "common/text_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "common/error.h"
#include "common/input_path.h"

namespace kilburn {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void fail(const std::string& path, std::string_view what, int error) {
  throw InputError(
      fmt::format("{}: cannot be {}: {}", path, what, std::generic_category().message(error)));
}

/// True where all of `text` reached the operating system; otherwise errno says why not.
bool write_and_close(File file, std::string_view text) {
  const bool written = std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  return (std::fclose(file.release()) == 0) && written;
}

/// A name beside `target` that no other writer, in this process or another, uses.
std::string name_beside(const std::string& target) {
  static std::atomic<unsigned> writes = 0;
  return fmt::format("{}.{}-{}.partial", target, ::getpid(), writes++);
}

}  // namespace

std::string read_text_file(const std::string& path, std::size_t max_bytes) {
  const std::string name = input_name(path);
  const File file(std::fopen(input_path(path).c_str(), "rb"));
  if (!file) fail(name, "read", errno);
  std::string text;
  constexpr std::size_t chunk = 65536;
  while (text.size() <= max_bytes) {
    const std::size_t before = text.size();
    text.resize(before + chunk);
    const std::size_t got = std::fread(text.data() + before, 1, chunk, file.get());
    text.resize(before + got);
    if (got == chunk) continue;
    if (std::ferror(file.get()) != 0) fail(name, "read", errno);
    break;
  }
  if (text.size() > max_bytes) {
    throw InputError(fmt::format("{}: longer than {} bytes", name, max_bytes));
  }
  return text;
}

void write_file_atomically(const std::string& path, std::string_view text) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  const fs::file_status status = fs::status(path, ignored);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    File file(std::fopen(path.c_str(), "wb"));
    if (!file || !write_and_close(std::move(file), text)) fail(path, "written", errno);
    return;
  }

  const fs::path resolved = fs::canonical(path, ignored);  // empty where there is no file yet
  const std::string target = resolved.empty() ? path : resolved.string();
  const std::string beside = name_beside(target);
  File file(std::fopen(beside.c_str(), "wbx"));
  if (!file) fail(path, "written", errno);
  int error = write_and_close(std::move(file), text) ? 0 : errno;
  if (error == 0 && std::rename(beside.c_str(), target.c_str()) != 0) error = errno;
  if (error != 0) {
    std::remove(beside.c_str());
    fail(path, "written", error);
  }
}

}  // namespace kilburn
