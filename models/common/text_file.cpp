#include "common/text_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "common/error.h"
#include "common/input_path.h"
#include "common/output_file.h"

namespace kilburn {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

[[noreturn]] void fail(const std::string& path, int error) {
  throw InputError(
      fmt::format("{}: cannot be read: {}", path, std::generic_category().message(error)));
}

}  // namespace

std::string read_text_file(const std::string& path, std::size_t max_bytes) {
  const std::string name = input_name(path);
  const File file(std::fopen(input_path(path).c_str(), "rb"));
  if (!file) fail(name, errno);
  std::string text;
  constexpr std::size_t chunk = 65536;
  while (text.size() <= max_bytes) {
    const std::size_t before = text.size();
    text.resize(before + chunk);
    const std::size_t got = std::fread(text.data() + before, 1, chunk, file.get());
    text.resize(before + got);
    if (got == chunk) continue;
    if (std::ferror(file.get()) != 0) fail(name, errno);
    break;
  }
  if (text.size() > max_bytes) {
    throw InputError(fmt::format("{}: longer than {} bytes", name, max_bytes));
  }
  return text;
}

void write_file_atomically(const std::string& path, std::string_view text) {
  OutputFile file(path);
  file.write(text);
  file.commit();
}

}  // namespace kilburn
