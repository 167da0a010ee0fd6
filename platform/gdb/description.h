// What GDB is told of a hart's registers, and how it numbers them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "riscv/execute/hart.h"

namespace kilburn::gdb {

/// GDB's numbers: 0 to 31 x, 32 pc, 33 to 64 f, 65 + n CSR n, then the privilege level.
inline constexpr unsigned pc_number = 32;
inline constexpr unsigned first_float = 33;
inline constexpr unsigned first_csr = 65;
inline constexpr unsigned privilege_number = first_csr + 4096;

/// The features org.gnu.gdb.riscv.cpu, .fpu, .csr and .virtual as XML, with the CSRs that the hart
/// has.
[[nodiscard]] std::string target_description(const riscv::Hart& hart);

/// 0 x to 64 f as `g` wants them, and any by its number. Nothing: no such register.
[[nodiscard]] std::optional<std::uint64_t> read_register(const riscv::Hart& hart, unsigned number);
/// False: no such register, it cannot be written, or (an odd pc) not so.
bool write_register(riscv::Hart& hart, unsigned number, std::uint64_t value);

}  // namespace kilburn::gdb
