// What one floating-point operation yields, how tests print it, and the five modes.
#pragma once

#include <array>
#include <cstdint>
#include <ios>
#include <ostream>

#include "riscv/float/soft_float.h"

namespace kilburn::riscv {

inline constexpr std::array all_roundings{Rounding::nearest_even, Rounding::to_zero, Rounding::down,
                                          Rounding::up, Rounding::nearest_away};

/// A result, as bits, and the flags that were raised.
template <class Bits>
struct Outcome {
  Bits result;
  std::uint8_t flags;

  friend bool operator==(const Outcome&, const Outcome&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    return out << std::hex << "{0x" << +outcome.result << ", flags 0x" << +outcome.flags << "}"
               << std::dec;
  }
};

/// `operation(flags)` with no flag set before.
template <class Operation>
auto outcome_of(Operation operation) {
  std::uint8_t flags = 0;
  const auto result = operation(flags);
  return Outcome<std::remove_const_t<decltype(result)>>{result, flags};
}

}  // namespace kilburn::riscv
