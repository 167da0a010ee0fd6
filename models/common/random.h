// Small deterministic generators: the same numbers on every machine.
#pragma once

#include <cstdint>

namespace kilburn {

/// A bijection that scatters its argument (the finaliser of splitmix64; Steele et al., 2014).
[[nodiscard]] constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

/// xorshift64* (Vigna, 2016). `state` must not be 0.
constexpr std::uint64_t next_random(std::uint64_t& state) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return state * 0x2545F4914F6CDD1Du;
}

}  // namespace kilburn
