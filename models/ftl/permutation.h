// A random order of numbers that need not be stored.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "common/random.h"

namespace kilburn::ftl {

/// A bijection of [0, size): four rounds of a Feistel network over as few bits as hold the numbers,
/// repeated where it leaves the range.
class Permutation {
 public:
  Permutation(std::uint32_t size, std::uint64_t seed) : size_(size) {
    const auto width = std::max(2u, static_cast<unsigned>(std::bit_width(std::max(size, 1u) - 1)));
    low_ = width / 2;
    high_ = width - low_;
    for (std::uint32_t& key : keys_) key = static_cast<std::uint32_t>(seed = mix64(seed));
  }
  [[nodiscard]] std::uint32_t operator()(std::uint32_t number) const {
    const std::uint32_t low_mask = (1u << low_) - 1;
    const std::uint32_t high_mask = (1u << high_) - 1;
    do {
      std::uint32_t high = number >> low_;
      std::uint32_t low = number & low_mask;
      // Two rounds at a time: each half changes by the other, and keeps its width.
      for (unsigned i = 0; i < 4; i += 2) {
        high ^= mixed(low ^ keys_[i]) & high_mask;
        low ^= mixed(high ^ keys_[i + 1]) & low_mask;
      }
      number = high << low_ | low;
    } while (number >= size_);
    return number;
  }

 private:
  [[nodiscard]] static std::uint32_t mixed(std::uint32_t word) {
    word *= 0x9E37'79B1u;
    return word >> 15 ^ word >> 7;
  }
  std::uint32_t size_;
  unsigned low_ = 1;
  unsigned high_ = 1;
  std::uint32_t keys_[4] = {};
};

}  // namespace kilburn::ftl
