// Instruction decoder: RV64IMAFDC, Zicsr, Zifencei, Zba, Zbb, Zbs, Zicntr, H, Svinval and the
// privileged instructions.
#pragma once

#include <cstdint>

#include "riscv/decode/instruction.h"

namespace kilburn::riscv {

/// Does an instruction that begins with these 16 bits go on?
[[nodiscard]] constexpr bool is_compressed(std::uint32_t bits) {
  return (bits & 3) != 3;
}

/// `bits`: four bytes as they lie in memory; of a compressed instruction the lower two count.
/// Reserved encodings, and those of other extensions, are Operation::illegal. Hints (pause, the
/// prefetches and every encoding that would write x0) are the operations that they look like.
/// Encodings longer than 32 bits are illegal and four bytes long. A reserved rounding mode is
/// illegal here; the one in frm is looked at when the instruction is executed.
[[nodiscard]] Instruction decode(std::uint32_t bits);

/// The lower two bytes of `bits` as a compressed instruction.
[[nodiscard]] Instruction decode_compressed(std::uint32_t bits);

}  // namespace kilburn::riscv
