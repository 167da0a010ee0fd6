// A RISC-V instruction as the decoder hands it on: what to do, with which operands.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

namespace kilburn::riscv {

/// Operations of operations.def, `illegal` for every other encoding, and `block_end`, which no
/// encoding has: it ends a block that no instruction ends.
enum class Operation : std::uint8_t {
#define OPERATION(name, format, mask, match) name,
#include "riscv/decode/operations.def"
#undef OPERATION
  illegal,
  block_end,
};
inline constexpr unsigned operation_count = static_cast<unsigned>(Operation::block_end) + 1;

/// Which lines of the L1I an instruction of a decoded block is fetched from.
enum class FetchLines : std::uint8_t {
  same,  ///< that of the instruction before it, or the block's first; always so without an L1I
  next,  ///< the one behind that
  both,
};
inline constexpr unsigned fetch_lines_choices = 3;

/// Which fields of the encoding hold operands, and of which register file.
enum class Format : std::uint8_t {
  none,
  registers,    ///< rd, rs1, rs2
  unary,        ///< rd, rs1
  two_sources,  ///< rs1, rs2
  immediate,    ///< rd, rs1, 12 bits, signed
  shift,        ///< rd, rs1, 6 bits
  store,        ///< rs1, rs2, 12 bits, signed
  branch,       ///< rs1, rs2, 13 bits, signed
  jump,         ///< rd, 21 bits, signed
  upper,        ///< rd, 32 bits with 12 zeros, signed
  upper_pc,     ///< the same, added to the pc
  csr,          ///< rd, rs1 or five bits, number of the CSR
  atomic,       ///< rd, rs1, rs2
  float_load,   ///< f rd, rs1, 12 bits, signed
  float_store,  ///< rs1, f rs2, 12 bits, signed
  float_fused,  ///< f rd, f rs1, f rs2, f rs3, rounding
  float_registers,
  float_rounded,
  float_unary_rounded,
  float_compare,  ///< rd, f rs1, f rs2
  float_to_integer,
  float_to_integer_rounded,
  integer_to_float,
  integer_to_float_rounded,
};

/// Sixteen bytes, so that four lie in a line of the host's cache.
struct Instruction {
  Operation operation = Operation::illegal;
  FetchLines lines = FetchLines::same;
  std::uint8_t rd = 0;
  std::uint8_t rs1 = 0;  ///< or the five bits of csrrwi, csrrsi, csrrci
  std::uint8_t rs2 = 0;
  std::uint8_t rs3 = 0;
  std::uint8_t rounding = 0;   ///< rm: 7 is frm
  std::uint8_t length = 4;     ///< bytes
  std::int32_t immediate = 0;  ///< or shift amount, or number of a CSR
  std::uint32_t bits = 0;      ///< the encoding; of a compressed one 16 bits
  friend bool operator==(const Instruction&, const Instruction&) = default;
  /// What execution does first: a row of operations for each of FetchLines.
  [[nodiscard]] unsigned step() const {
    std::uint16_t both = 0;  // in one load: compilers do not see it in operation | lines << 8
    std::memcpy(&both, this, sizeof both);
    return both;
  }
  static constexpr unsigned steps_a_row = 256;
};
static_assert(sizeof(Instruction) == 16 && std::endian::native == std::endian::little);

inline constexpr std::uint8_t dynamic_rounding = 7;

/// Control transfers, system instructions, and what may change translation or mode: the last of
/// their block.
[[nodiscard]] constexpr bool ends_block(Operation operation) {
  return operation >= Operation::jal;
}
/// Writes an x register.
[[nodiscard]] bool writes_integer(const Instruction& instruction);
/// `immediate` is added to the pc.
[[nodiscard]] bool is_pc_relative(Operation operation);
/// As assembly language writes it. Example: "fcvt.w.s".
[[nodiscard]] std::string mnemonic(Operation operation);
[[nodiscard]] Format format(Operation operation);

/// What mtinst and htinst get of a load, store or atomic access that faulted: its 32-bit encoding
/// with rs1 replaced by the distance of the faulting byte from the access's first, and bit 1 clear
/// where it was compressed. 0 for any other instruction.
/// Source: RISC-V Privileged Architecture 1.12, chapter 8.6.3.
[[nodiscard]] std::uint32_t transformed(const Instruction& instruction, unsigned distance);

}  // namespace kilburn::riscv
