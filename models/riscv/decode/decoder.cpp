#include "riscv/decode/decoder.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace kilburn::riscv {

namespace {

struct Encoding {
  Operation operation;
  Format format;
  std::uint32_t mask;
  std::uint32_t match;
};

constexpr std::size_t encodings = static_cast<std::size_t>(Operation::illegal);

/// In the order of Operation.
constexpr std::array<Encoding, encodings> by_operation{{
#define OPERATION(name, format, mask, match) {Operation::name, Format::format, mask, match},
#include "riscv/decode/operations.def"
#undef OPERATION
}};

constexpr unsigned major_opcode(std::uint32_t bits) {
  return bits >> 2 & 31;
}

/// The same, sorted by major opcode, and where each of these begins.
struct Index {
  std::array<Encoding, encodings> sorted = by_operation;
  std::array<std::uint16_t, 33> first{};
};
constexpr Index make_index() {
  Index index;
  std::ranges::sort(index.sorted, {}, [](const Encoding& e) { return major_opcode(e.match); });
  for (const Encoding& encoding : index.sorted) ++index.first[major_opcode(encoding.match) + 1];
  for (unsigned i = 1; i < index.first.size(); ++i) {
    index.first[i] = static_cast<std::uint16_t>(index.first[i] + index.first[i - 1]);
  }
  return index;
}
constexpr Index by_opcode = make_index();

constexpr std::uint32_t field(std::uint32_t bits, unsigned low, unsigned width) {
  return bits >> low & ((1u << width) - 1);
}

constexpr std::int32_t sign_extend(std::uint32_t value, unsigned width) {
  return static_cast<std::int32_t>(value << (32 - width)) >> (32 - width);
}

constexpr std::int32_t store_immediate(std::uint32_t bits) {
  return sign_extend(field(bits, 25, 7) << 5 | field(bits, 7, 5), 12);
}

constexpr std::int32_t branch_immediate(std::uint32_t bits) {
  return sign_extend(field(bits, 31, 1) << 12 | field(bits, 7, 1) << 11 | field(bits, 25, 6) << 5 |
                         field(bits, 8, 4) << 1,
                     13);
}

constexpr std::int32_t jump_immediate(std::uint32_t bits) {
  return sign_extend(field(bits, 31, 1) << 20 | field(bits, 12, 8) << 12 |
                         field(bits, 20, 1) << 11 | field(bits, 21, 10) << 1,
                     21);
}

constexpr bool has_rounding(Format format) {
  return format == Format::float_fused || format == Format::float_rounded ||
         format == Format::float_unary_rounded || format == Format::float_to_integer_rounded ||
         format == Format::integer_to_float_rounded;
}

Instruction operands(const Encoding& encoding, std::uint32_t bits) {
  Instruction i{.operation = encoding.operation, .bits = bits};
  const auto rd = static_cast<std::uint8_t>(field(bits, 7, 5));
  const auto rs1 = static_cast<std::uint8_t>(field(bits, 15, 5));
  const auto rs2 = static_cast<std::uint8_t>(field(bits, 20, 5));
  if (has_rounding(encoding.format)) {
    i.rounding = static_cast<std::uint8_t>(field(bits, 12, 3));
    if (i.rounding == 5 || i.rounding == 6) return {.bits = bits};
  }
  switch (encoding.format) {
    case Format::none:
      break;
    case Format::float_fused:
      i.rs3 = static_cast<std::uint8_t>(field(bits, 27, 5));
      [[fallthrough]];
    case Format::registers:
    case Format::atomic:
    case Format::float_registers:
    case Format::float_rounded:
    case Format::float_compare:
      i.rs2 = rs2;
      [[fallthrough]];
    case Format::unary:
    case Format::float_unary_rounded:
    case Format::float_to_integer:
    case Format::float_to_integer_rounded:
    case Format::integer_to_float:
    case Format::integer_to_float_rounded:
      i.rd = rd;
      i.rs1 = rs1;
      break;
    case Format::two_sources:
      i.rs1 = rs1;
      i.rs2 = rs2;
      break;
    case Format::immediate:
    case Format::float_load:
      i.rd = rd;
      i.rs1 = rs1;
      i.immediate = sign_extend(field(bits, 20, 12), 12);
      break;
    case Format::shift:
      i.rd = rd;
      i.rs1 = rs1;
      i.immediate = static_cast<std::int32_t>(field(bits, 20, 6));
      break;
    case Format::csr:
      i.rd = rd;
      i.rs1 = rs1;
      i.immediate = static_cast<std::int32_t>(field(bits, 20, 12));
      break;
    case Format::store:
    case Format::float_store:
      i.rs1 = rs1;
      i.rs2 = rs2;
      i.immediate = store_immediate(bits);
      break;
    case Format::branch:
      i.rs1 = rs1;
      i.rs2 = rs2;
      i.immediate = branch_immediate(bits);
      break;
    case Format::jump:
      i.rd = rd;
      i.immediate = jump_immediate(bits);
      break;
    case Format::upper:
    case Format::upper_pc:
      i.rd = rd;
      i.immediate = static_cast<std::int32_t>(bits & 0xFFFFF000);
      break;
  }
  return i;
}

}  // namespace

Instruction decode(std::uint32_t bits) {
  if (is_compressed(bits)) return decode_compressed(bits);
  const unsigned opcode = major_opcode(bits);
  for (unsigned i = by_opcode.first[opcode]; i < by_opcode.first[opcode + 1]; ++i) {
    const Encoding& encoding = by_opcode.sorted[i];
    if ((bits & encoding.mask) == encoding.match) return operands(encoding, bits);
  }
  return {.bits = bits};
}

Format format(Operation operation) {
  const auto index = static_cast<std::size_t>(operation);
  return index < encodings ? by_operation[index].format : Format::none;
}

bool writes_integer(const Instruction& instruction) {
  switch (format(instruction.operation)) {
    case Format::registers:
    case Format::unary:
    case Format::immediate:
    case Format::shift:
    case Format::jump:
    case Format::upper:
    case Format::upper_pc:
    case Format::csr:
    case Format::atomic:
    case Format::float_compare:
    case Format::float_to_integer:
    case Format::float_to_integer_rounded:
      return true;
    default:
      return false;
  }
}

bool is_pc_relative(Operation operation) {
  const Format f = format(operation);
  return f == Format::branch || f == Format::jump || f == Format::upper_pc;
}

std::string mnemonic(Operation operation) {
  static constexpr std::array<const char*, operation_count> names{{
#define OPERATION(name, format, mask, match) #name,
#include "riscv/decode/operations.def"
#undef OPERATION
      "illegal",
      "block_end",
  }};
  std::string name = names[static_cast<std::size_t>(operation)];
  if (name.back() == '_') name.pop_back();  // and_, or_, xor_: the others are words of C++
  std::ranges::replace(name, '_', '.');
  return name;
}

std::uint32_t transformed(const Instruction& instruction, unsigned distance) {
  const auto index = static_cast<std::size_t>(instruction.operation);
  if (index >= encodings) return 0;
  const auto& [operation, form, mask, match] = by_operation[index];
  constexpr std::uint32_t load_opcode = 0x03;
  constexpr std::uint32_t system_opcode = 0x73;
  const std::uint32_t opcode = match & 0x7F;
  const auto rd = std::uint32_t{instruction.rd} % 32;  // a block names x0 by another number
  std::uint32_t result = match | distance << 15;
  if (opcode == load_opcode || form == Format::float_load) {
    result |= rd << 7;
  } else if (form == Format::store || form == Format::float_store) {
    result |= std::uint32_t{instruction.rs2} << 20;
  } else if (form == Format::atomic || (opcode == system_opcode && (match & 0x7000) == 0x4000)) {
    // All but rs1 stays: atomics with aq and rl; hlv, hlvx, hsv.
    constexpr std::uint32_t rs1_field = 31u << 15;
    return (instruction.bits & ~rs1_field) | distance << 15;
  } else {
    return 0;
  }
  return instruction.length == 2 ? result & ~2u : result;
}

}  // namespace kilburn::riscv
