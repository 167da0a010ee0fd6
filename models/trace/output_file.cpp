#include "trace/output_file.h"

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "common/error.h"

namespace kilburn::trace {

OutputFile::OutputFile(std::filesystem::path path) : path_(std::move(path)), partial_(path_) {
  partial_ += ".partial";
  errno = 0;
  stream_.open(partial_, std::ios::binary | std::ios::trunc);
  if (!stream_) fail();
}

OutputFile::~OutputFile() {
  if (committed_) return;
  stream_.close();
  if (keeps_) return;
  std::error_code ignored;  // nothing better can be done in a destructor
  std::filesystem::remove(partial_, ignored);
}

void OutputFile::write(std::span<const std::byte> bytes) {
  errno = 0;
  stream_.write(reinterpret_cast<const char*>(bytes.data()),
                static_cast<std::streamsize>(bytes.size()));
  if (!stream_) fail();
  size_ += bytes.size();
}

void OutputFile::commit() {
  errno = 0;
  stream_.close();
  if (!stream_) fail();
  std::error_code error;
  std::filesystem::rename(partial_, path_, error);
  if (error) throw InputError(fmt::format("{}: cannot write: {}", path_.string(), error.message()));
  committed_ = true;
}

void OutputFile::fail() const {
  const int reason = errno;
  throw InputError(fmt::format("{}: cannot write: {}", partial_.string(),
                               reason == 0 ? "output error" : std::strerror(reason)));
}

}  // namespace kilburn::trace
