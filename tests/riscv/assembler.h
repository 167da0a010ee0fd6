// Encodes instructions for tests, from the masks of operations.def and the ISA's operand fields.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "riscv/decode/instruction.h"

namespace kilburn::riscv::test {

using Op = Operation;
using Code = std::vector<std::uint32_t>;

inline std::uint32_t fixed_bits(Operation operation) {
  static constexpr std::array<std::uint32_t, static_cast<std::size_t>(Operation::illegal)> match{{
#define OPERATION(name, format, mask, match) match,
#include "riscv/decode/operations.def"
#undef OPERATION
  }};
  return match[static_cast<std::size_t>(operation)];
}

inline std::uint32_t free_bits(Operation operation) {
  static constexpr std::array<std::uint32_t, static_cast<std::size_t>(Operation::illegal)> mask{{
#define OPERATION(name, format, mask, match) mask,
#include "riscv/decode/operations.def"
#undef OPERATION
  }};
  return ~mask[static_cast<std::size_t>(operation)];
}

/// rd, rs1, rs2: the register formats; rounding mode 0, aq and rl clear.
inline std::uint32_t r(Operation operation, unsigned rd, unsigned rs1, unsigned rs2 = 0) {
  return fixed_bits(operation) | rd << 7 | rs1 << 15 | rs2 << 20;
}
/// rd, rs1 and twelve bits: immediate, shift amount or number of a CSR.
inline std::uint32_t i(Operation operation, unsigned rd, unsigned rs1, std::int32_t immediate) {
  return r(operation, rd, rs1) | static_cast<std::uint32_t>(immediate) << 20;
}
inline std::uint32_t store(Operation operation, unsigned rs2, unsigned rs1, std::int32_t offset) {
  const auto bits = static_cast<std::uint32_t>(offset);
  return fixed_bits(operation) | rs1 << 15 | rs2 << 20 | (bits & 31) << 7 | (bits >> 5 & 127) << 25;
}
inline std::uint32_t branch(Operation operation, unsigned rs1, unsigned rs2, std::int32_t offset) {
  const auto bits = static_cast<std::uint32_t>(offset);
  return fixed_bits(operation) | rs1 << 15 | rs2 << 20 | (bits >> 1 & 15) << 8 |
         (bits >> 5 & 63) << 25 | (bits >> 11 & 1) << 7 | (bits >> 12 & 1) << 31;
}
inline std::uint32_t jal(unsigned rd, std::int32_t offset) {
  const auto bits = static_cast<std::uint32_t>(offset);
  return fixed_bits(Operation::jal) | rd << 7 | (bits >> 1 & 1023) << 21 | (bits >> 11 & 1) << 20 |
         (bits >> 12 & 255) << 12 | (bits >> 20 & 1) << 31;
}
/// lui, auipc: `value` has twelve zeros.
inline std::uint32_t upper(Operation operation, unsigned rd, std::uint32_t value) {
  return fixed_bits(operation) | rd << 7 | value;
}
inline std::uint32_t csr(Operation operation, unsigned rd, unsigned number, unsigned source) {
  return fixed_bits(operation) | rd << 7 | source << 15 | number << 20;
}
inline std::uint32_t plain(Operation operation) {
  return fixed_bits(operation);
}

/// Appends to `code` what makes x[rd] any 64-bit value. Eight instructions.
inline void load_constant(Code& code, unsigned rd, std::uint64_t value) {
  code.push_back(i(Op::addi, rd, 0, static_cast<std::int32_t>(value >> 55)));
  for (int shift = 44; shift >= 0; shift -= 11) {
    code.push_back(i(Op::slli, rd, rd, 11));
    code.push_back(i(Op::addi, rd, rd, static_cast<std::int32_t>(value >> shift & 0x7FF)));
  }
}

}  // namespace kilburn::riscv::test
