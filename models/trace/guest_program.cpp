#include "trace/guest_program.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "common/error.h"

namespace kilburn::trace {
namespace fs = std::filesystem;
namespace {

/// The first of PATH's directories that holds an executable `name`; empty where none does.
fs::path search_path(const std::string& name) {
  const char* const variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "/usr/bin:/bin" : variable;
  for (;;) {
    const std::size_t colon = rest.find(':');
    const std::string_view directory = rest.substr(0, colon);
    fs::path candidate = (directory.empty() ? fs::path(".") : fs::path(directory)) / name;
    std::error_code error;
    if (fs::is_regular_file(candidate, error) && access(candidate.c_str(), X_OK) == 0) {
      return candidate;
    }
    if (colon == std::string_view::npos) return {};
    rest.remove_prefix(colon + 1);
  }
}

struct Machine {
  std::uint16_t elf_machine;  // e_machine
  const char* qemu;
};
constexpr std::array machines = {Machine{62, "qemu-x86_64"}, Machine{183, "qemu-aarch64"},
                                 Machine{243, "qemu-riscv64"}};

}  // namespace

fs::path find_program(const std::string& name) {
  if (name.find('/') == std::string::npos) {
    if (fs::path found = search_path(name); !found.empty()) return found;
    throw InputError(fmt::format("{}: no such program in PATH", name));
  }
  std::error_code error;
  if (!fs::is_regular_file(name, error)) throw InputError(fmt::format("{}: no such program", name));
  if (access(name.c_str(), X_OK) != 0) {
    throw InputError(fmt::format("{}: not executable", name));
  }
  return name;
}

fs::path find_qemu(const fs::path& program) {
  std::array<char, 20> header{};
  std::ifstream stream(program, std::ios::binary);
  stream.read(header.data(), header.size());
  if (header[0] == '#' && header[1] == '!') {
    throw InputError(fmt::format(
        "{}: a script: record its interpreter, with the script as argument", program.string()));
  }
  if (std::memcmp(header.data(),
                  "\x7F"
                  "ELF",
                  4) != 0) {
    throw InputError(fmt::format("{}: at byte 0: no ELF program", program.string()));
  }
  std::uint16_t elf_machine = 0;
  std::memcpy(&elf_machine, header.data() + 18, sizeof elf_machine);
  const bool is_64_bit = header[4] == 2;
  for (const Machine& machine : machines) {
    if (!is_64_bit || machine.elf_machine != elf_machine) continue;
    if (fs::path qemu = search_path(machine.qemu); !qemu.empty()) return qemu;
    throw InputError(fmt::format("{}: recording needs {}, which is not in PATH (package qemu-user)",
                                 program.string(), machine.qemu));
  }
  throw InputError(fmt::format(
      "{}: at byte 18: ELF machine {} ({}-bit): allowed are 62 (x86-64), 183 (aarch64) and 243 "
      "(riscv64), 64-bit",
      program.string(), elf_machine, is_64_bit ? 64 : 32));
}

fs::path find_plugin(const fs::path& wanted) {
  constexpr const char* name = "libkilburn_recorder.so";
  std::error_code error;
  if (!wanted.empty()) {
    if (fs::exists(wanted, error)) return fs::absolute(wanted);
    throw InputError(fmt::format("{}: no such recorder plugin", wanted.string()));
  }
  fs::path installed =
      fs::read_symlink("/proc/self/exe", error).parent_path() / "../lib/kilburn" / name;
  if (fs::exists(installed, error)) return installed;
  if (fs::exists(KILBURN_RECORDER_PLUGIN, error)) return KILBURN_RECORDER_PLUGIN;
  throw InputError(fmt::format("{}: the recorder's plugin is neither there nor at {}",
                               installed.string(), KILBURN_RECORDER_PLUGIN));
}

}  // namespace kilburn::trace
