// The C extension: each encoding is a short form of one of the others.
#include "riscv/decode/decoder.h"

namespace kilburn::riscv {

namespace {

/// The fields of a 16-bit encoding, by the names of the ISA's chapter 16.
class Fields {
 public:
  explicit Fields(std::uint32_t bits) : bits_(bits & 0xFFFF) {}

  [[nodiscard]] std::uint32_t bits() const { return bits_; }
  [[nodiscard]] unsigned quadrant() const { return at(0, 2); }
  [[nodiscard]] unsigned funct3() const { return at(13, 3); }
  [[nodiscard]] unsigned at(unsigned low, unsigned width) const {
    return bits_ >> low & ((1u << width) - 1);
  }
  [[nodiscard]] std::uint8_t rd() const { return static_cast<std::uint8_t>(at(7, 5)); }
  [[nodiscard]] std::uint8_t rs2() const { return static_cast<std::uint8_t>(at(2, 5)); }
  [[nodiscard]] std::uint8_t rd_short() const { return static_cast<std::uint8_t>(8 + at(7, 3)); }
  [[nodiscard]] std::uint8_t rs2_short() const { return static_cast<std::uint8_t>(8 + at(2, 3)); }

  [[nodiscard]] std::int32_t signed6() const { return extend(at(12, 1) << 5 | at(2, 5), 6); }
  [[nodiscard]] std::int32_t shift() const {
    return static_cast<std::int32_t>(at(12, 1) << 5 | at(2, 5));
  }
  [[nodiscard]] std::int32_t word_offset() const {
    return static_cast<std::int32_t>(at(10, 3) << 3 | at(6, 1) << 2 | at(5, 1) << 6);
  }
  [[nodiscard]] std::int32_t double_offset() const {
    return static_cast<std::int32_t>(at(10, 3) << 3 | at(5, 2) << 6);
  }
  [[nodiscard]] std::int32_t word_stack_load() const {
    return static_cast<std::int32_t>(at(12, 1) << 5 | at(4, 3) << 2 | at(2, 2) << 6);
  }
  [[nodiscard]] std::int32_t double_stack_load() const {
    return static_cast<std::int32_t>(at(12, 1) << 5 | at(5, 2) << 3 | at(2, 3) << 6);
  }
  [[nodiscard]] std::int32_t word_stack_store() const {
    return static_cast<std::int32_t>(at(9, 4) << 2 | at(7, 2) << 6);
  }
  [[nodiscard]] std::int32_t double_stack_store() const {
    return static_cast<std::int32_t>(at(10, 3) << 3 | at(7, 3) << 6);
  }
  [[nodiscard]] std::int32_t add_to_stack_pointer() const {
    return extend(at(12, 1) << 9 | at(3, 2) << 7 | at(5, 1) << 6 | at(2, 1) << 5 | at(6, 1) << 4,
                  10);
  }
  [[nodiscard]] std::int32_t stack_address() const {
    return static_cast<std::int32_t>(at(11, 2) << 4 | at(7, 4) << 6 | at(6, 1) << 2 |
                                     at(5, 1) << 3);
  }
  [[nodiscard]] std::int32_t jump() const {
    return extend(at(12, 1) << 11 | at(11, 1) << 4 | at(9, 2) << 8 | at(8, 1) << 10 |
                      at(7, 1) << 6 | at(6, 1) << 7 | at(3, 3) << 1 | at(2, 1) << 5,
                  12);
  }
  [[nodiscard]] std::int32_t branch() const {
    return extend(at(12, 1) << 8 | at(10, 2) << 3 | at(5, 2) << 6 | at(3, 2) << 1 | at(2, 1) << 5,
                  9);
  }

 private:
  static std::int32_t extend(std::uint32_t value, unsigned width) {
    return static_cast<std::int32_t>(value << (32 - width)) >> (32 - width);
  }
  std::uint32_t bits_;
};

constexpr std::uint8_t zero = 0;
constexpr std::uint8_t return_address = 1;
constexpr std::uint8_t stack_pointer = 2;

Instruction reserved() {
  return {};
}

Instruction with_immediate(Operation operation, std::uint8_t rd, std::uint8_t rs1,
                           std::int32_t immediate) {
  return {.operation = operation, .rd = rd, .rs1 = rs1, .immediate = immediate};
}

Instruction with_registers(Operation operation, std::uint8_t rd, std::uint8_t rs1,
                           std::uint8_t rs2) {
  return {.operation = operation, .rd = rd, .rs1 = rs1, .rs2 = rs2};
}

Instruction store(Operation operation, std::uint8_t rs1, std::uint8_t rs2, std::int32_t immediate) {
  return {.operation = operation, .rs1 = rs1, .rs2 = rs2, .immediate = immediate};
}

Instruction quadrant0(const Fields& f) {
  using enum Operation;
  switch (f.funct3()) {
    case 0:  // c.addi4spn; all zeros is the illegal instruction
      if (f.stack_address() == 0) return reserved();
      return with_immediate(addi, f.rs2_short(), stack_pointer, f.stack_address());
    case 1:
      return with_immediate(fld, f.rs2_short(), f.rd_short(), f.double_offset());
    case 2:
      return with_immediate(lw, f.rs2_short(), f.rd_short(), f.word_offset());
    case 3:
      return with_immediate(ld, f.rs2_short(), f.rd_short(), f.double_offset());
    case 5:
      return store(fsd, f.rd_short(), f.rs2_short(), f.double_offset());
    case 6:
      return store(sw, f.rd_short(), f.rs2_short(), f.word_offset());
    case 7:
      return store(sd, f.rd_short(), f.rs2_short(), f.double_offset());
    default:
      return reserved();
  }
}

Instruction arithmetic(const Fields& f) {
  using enum Operation;
  const std::uint8_t rd = f.rd_short();
  switch (f.at(10, 2)) {
    case 0:
      return with_immediate(srli, rd, rd, f.shift());
    case 1:
      return with_immediate(srai, rd, rd, f.shift());
    case 2:
      return with_immediate(andi, rd, rd, f.signed6());
    default: {
      constexpr Operation operations[] = {sub, xor_, or_, and_, subw, addw, illegal, illegal};
      const Operation operation = operations[f.at(12, 1) << 2 | f.at(5, 2)];
      if (operation == Operation::illegal) return reserved();
      return with_registers(operation, rd, rd, f.rs2_short());
    }
  }
}

Instruction quadrant1(const Fields& f) {
  using enum Operation;
  switch (f.funct3()) {
    case 0:
      return with_immediate(addi, f.rd(), f.rd(), f.signed6());
    case 1:
      if (f.rd() == 0) return reserved();
      return with_immediate(addiw, f.rd(), f.rd(), f.signed6());
    case 2:
      return with_immediate(addi, f.rd(), zero, f.signed6());
    case 3:
      if (f.signed6() == 0) return reserved();
      if (f.rd() == stack_pointer) {
        return with_immediate(addi, stack_pointer, stack_pointer, f.add_to_stack_pointer());
      }
      return with_immediate(lui, f.rd(), zero, f.signed6() * 4096);
    case 4:
      return arithmetic(f);
    case 5:
      return with_immediate(jal, zero, zero, f.jump());
    case 6:
      return store(beq, f.rd_short(), zero, f.branch());
    default:
      return store(bne, f.rd_short(), zero, f.branch());
  }
}

Instruction jump_move_or_add(const Fields& f) {
  using enum Operation;
  const bool second = f.at(12, 1) != 0;
  if (f.rs2() != 0) return with_registers(add, f.rd(), second ? f.rd() : zero, f.rs2());
  if (f.rd() == 0) {
    if (!second) return reserved();
    return {.operation = ebreak};
  }
  return with_immediate(jalr, second ? return_address : zero, f.rd(), 0);
}

Instruction quadrant2(const Fields& f) {
  using enum Operation;
  switch (f.funct3()) {
    case 0:
      return with_immediate(slli, f.rd(), f.rd(), f.shift());
    case 1:
      return with_immediate(fld, f.rd(), stack_pointer, f.double_stack_load());
    case 2:
      if (f.rd() == 0) return reserved();
      return with_immediate(lw, f.rd(), stack_pointer, f.word_stack_load());
    case 3:
      if (f.rd() == 0) return reserved();
      return with_immediate(ld, f.rd(), stack_pointer, f.double_stack_load());
    case 4:
      return jump_move_or_add(f);
    case 5:
      return store(fsd, stack_pointer, f.rs2(), f.double_stack_store());
    case 6:
      return store(sw, stack_pointer, f.rs2(), f.word_stack_store());
    default:
      return store(sd, stack_pointer, f.rs2(), f.double_stack_store());
  }
}

}  // namespace

Instruction decode_compressed(std::uint32_t bits) {
  const Fields f(bits);
  Instruction instruction = f.quadrant() == 0   ? quadrant0(f)
                            : f.quadrant() == 1 ? quadrant1(f)
                                                : quadrant2(f);
  instruction.length = 2;
  instruction.bits = f.bits();
  return instruction;
}

}  // namespace kilburn::riscv
