#include "platform/waveform/waveform_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>

#include "common/error.h"

namespace kilburn::platform {

namespace fs = std::filesystem;

namespace {

/// In a process group of its own: Ctrl-C ends the run, and the converter by the end of its input.
pid_t start_vcd2fst(int input, const fs::path& output) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  std::array<std::string, 5> words = {"vcd2fst", "-v", "-", "-f", output.string()};
  std::array<char*, 6> argv{};
  for (std::size_t i = 0; i < words.size(); ++i) argv[i] = words[i].data();
  pid_t child = -1;
  const int error = ::posix_spawnp(&child, argv.front(), &files, &attributes, argv.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) errno = error;
  return error == 0 ? child : -1;
}

/// A number of 64 bits, its highest byte first.
std::uint64_t number(std::istream& stream) {
  std::array<char, 8> bytes{};
  stream.read(bytes.data(), bytes.size());
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

}  // namespace

WaveformFile::WaveformFile(fs::path file) : file_(std::move(file)) {
  if (file_.extension() != ".fst") return;
  // Not left to vcd2fst, which would say to nobody that it cannot be written.
  fst_.emplace(file_, OutputFile::Access::seeking);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe");
  }
  pipe_ = ends[1];
  converter_ = start_vcd2fst(ends[0], fst_->partial());
  const int error = errno;
  ::close(ends[0]);
  if (converter_ < 0) {
    ::close(pipe_);
    throw InputError(
        fmt::format("{}: FST is written by vcd2fst, of the package gtkwave: {}: install "
                    "it, or name the file .vcd",
                    file_.string(), std::generic_category().message(error)));
  }
}

WaveformFile::~WaveformFile() {
  if (!is_fst()) return;
  end_converter();
}

fs::path WaveformFile::target() const {
  return is_fst() ? fs::path(fmt::format("/dev/fd/{}", pipe_)) : file_;
}

int WaveformFile::end_converter() {
  ::close(pipe_);
  int status = -1;
  while (::waitpid(converter_, &status, 0) < 0 && errno == EINTR) {
  }
  converter_ = -1;
  return status;
}

void WaveformFile::finish() {
  if (!is_fst()) return;
  if (end_converter() == 0 && is_whole_fst(fst_->partial())) {
    fst_->commit();
    return;
  }
  fst_.reset();
  throw InputError(file_.string() + ": not all of it could be written: is the disk full?");
}

// Source: GTKWave 3.3.118, fstapi.h (block types) and fstapi.c (header).
bool is_whole_fst(const fs::path& file) {
  enum : int { header = 0, changes = 1, geometry = 3, hierarchy = 4 };
  constexpr std::uint64_t sections_at = 65;  // of the file, whose first block is the header
  std::error_code error;
  const std::uint64_t size = fs::file_size(file, error);
  std::ifstream stream(file, std::ios::binary);
  if (error || !stream) return false;
  std::uint64_t sections = 0;
  std::uint64_t wanted = 0;
  bool has_geometry = false;
  bool has_hierarchy = false;
  for (std::uint64_t at = 0; at != size;) {
    stream.seekg(static_cast<std::streamoff>(at));
    const int type = stream.get();
    const std::uint64_t length = number(stream);  // counts itself, not the type
    if (!stream || length < sizeof length || length > size - at - 1) return false;
    if (at == 0) {
      stream.seekg(sections_at);
      wanted = number(stream);
      if (type != header || !stream) return false;
    }
    sections += type == changes || type == 5 || type == 8 ? 1 : 0;
    has_geometry = has_geometry || type == geometry;
    has_hierarchy = has_hierarchy || type == hierarchy || type == 6 || type == 7;
    at += 1 + length;
  }
  return has_geometry && has_hierarchy && sections == wanted;
}

void WaveformSize::look() {
  if (told_) return;
  for (const fs::path& path : {fs::path(file_.string() + ".partial"), file_}) {
    std::error_code error;
    const std::uint64_t bytes = fs::file_size(path, error);
    if (error) continue;
    if (bytes <= limit) return;
    told_ = true;
    fmt::print(stderr,
               "kilburn: {} has reached {} MiB and grows: --vcd-from and --vcd-until narrow it{}\n",
               file_.string(), limit >> 20,
               file_.extension() == ".fst" ? "" : ", and as .fst it is much smaller");
    return;
  }
}

}  // namespace kilburn::platform
