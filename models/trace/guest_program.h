// Finds a program, the QEMU that runs it and the recorder's plugin.
#pragma once

#include <filesystem>
#include <string>

namespace kilburn::trace {

/// The file that a shell would run for `name`. Throws InputError where there is none.
[[nodiscard]] std::filesystem::path find_program(const std::string& name);

/// "qemu-x86_64", "qemu-aarch64" or "qemu-riscv64", by the ELF header of `program`, as a path.
/// Throws InputError where it is no such program (a script, for example) or QEMU is not installed.
[[nodiscard]] std::filesystem::path find_qemu(const std::filesystem::path& program);

/// `wanted`, or else ../lib/kilburn beside this program's directory, or the build's own.
[[nodiscard]] std::filesystem::path find_plugin(const std::filesystem::path& wanted);

}  // namespace kilburn::trace
