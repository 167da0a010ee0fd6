#include "platform/cli/file_kind.h"

#include <fmt/format.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "common/error.h"
#include "common/parameter_values.h"
#include "common/text_file.h"
#include "platform/configuration/toml_text.h"
#include "trace/file_layout.h"
#include "trace/lackey.h"

namespace kilburn::platform {

namespace {

using namespace std::string_view_literals;
namespace fs = std::filesystem;

constexpr std::size_t peeked_bytes = 4096;
constexpr std::size_t longest_configuration = std::size_t{1} << 20;

FileKind kind_by_name(fs::path path) {
  if (path.extension() == ".gz" || path.extension() == ".xz") path.replace_extension();
  const std::string extension = path.extension().string();
  if (extension == ".ktrace" || extension.starts_with(".champsim")) return FileKind::trace;
  if (extension == ".elf") return FileKind::program;
  if (extension == ".db" || extension == ".sqlite") return FileKind::results;
  return FileKind::configuration;
}

std::string first_bytes(const fs::path& path) {
  std::string bytes(peeked_bytes, '\0');
  std::ifstream stream(path, std::ios::binary);
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  return bytes;
}

bool is_space(const std::string& path) {
  try {
    return parse_toml(read_text_file(path, longest_configuration), path).contains("sweep");
  } catch (const InputError&) {
    return false;  // its reader tells what is wrong with it
  }
}

/// What it is, and who takes it.
std::string advice(FileKind kind, const std::string& path) {
  switch (kind) {
    case FileKind::configuration:
      return "";
    case FileKind::space:
      return fmt::format("a sweep's space: kilburn sweep {} -o RESULTS.db", path);
    case FileKind::trace:
      return fmt::format("a trace: kilburn run {}", path);
    case FileKind::program:
      return fmt::format("a program (ELF): kilburn run {}", path);
    case FileKind::results:
      return fmt::format(
          "results of a sweep: kilburn report {0} -o PAGE.html shows them, "
          "kilburn sweep export {0} -o FILE.csv writes them as a table",
          path);
  }
  return "";
}

[[noreturn]] void refuse(const std::string& path, std::string_view wanted) {
  throw InputError(fmt::format("{}: not {}, but {}", printable(path), wanted,
                               advice(kind_of(path), printable(path))));
}

}  // namespace

FileKind kind_of(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return kind_by_name(path);
  const std::string bytes = first_bytes(path);
  if (bytes.starts_with("\x7F"
                        "ELF"sv)) {
    return FileKind::program;
  }
  if (bytes.starts_with("SQLite format 3\0"sv)) return FileKind::results;
  const std::string_view ours(trace::file_magic.data(), trace::file_magic.size());
  for (const std::string_view magic : {ours, "\x1F\x8B"sv,
                                       "\xFD"
                                       "7zXZ\0"sv}) {
    if (bytes.starts_with(magic)) return FileKind::trace;
  }
  if (bytes.find('\0') != std::string::npos) return FileKind::trace;  // ChampSim has no magic
  if (fs::path(path).extension() != ".toml" && bytes.find(',') != std::string::npos &&
      trace::lackey_objection(bytes).empty()) {
    return FileKind::trace;
  }
  if (bytes.empty()) return kind_by_name(path);
  return is_space(path) ? FileKind::space : FileKind::configuration;
}

void require_configuration(const std::string& path) {
  if (path.empty()) return;
  std::error_code error;
  const std::size_t equals = path.find('=');
  if (equals != std::string::npos && !fs::exists(path, error)) {
    throw InputError(fmt::format("{}: no such file; a parameter's value is given by --set {}",
                                 printable(path), printable(path)));
  }
  if (kind_of(path) != FileKind::configuration) refuse(path, "a platform's configuration (TOML)");
}

void require_space(const std::string& path) {
  const FileKind kind = kind_of(path);
  if (kind == FileKind::configuration || kind == FileKind::space) return;
  if (kind == FileKind::trace) {
    throw InputError(
        fmt::format("{0}: not a sweep's space (TOML), but a trace: a space names it, "
                    "[sweep] traces = [\"{0}\"]; kilburn run {0} runs it once",
                    printable(path)));
  }
  refuse(path, "a sweep's space (TOML)");
}

void require_results(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) return;
  const FileKind kind = kind_of(path);
  if (kind == FileKind::results) return;
  if (kind == FileKind::space || kind == FileKind::trace || kind == FileKind::program) {
    refuse(path, "results of a sweep");
  }
}

}  // namespace kilburn::platform
