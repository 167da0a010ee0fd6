// A random order of numbers that need not be stored.
#pragma once

#include <bit>
#include <cstdint>

#include "common/random.h"

namespace kilburn::ftl {

/// A bijection of [0, size): four rounds of a Feistel network, repeated where it leaves the range.
class Permutation {
 public:
  Permutation(std::uint32_t size, std::uint64_t seed) : size_(size) {
    const auto width = static_cast<unsigned>(std::bit_width(size < 4 ? 3u : size - 1));
    half_ = (width + 1) / 2;
    mask_ = (1u << half_) - 1;
    for (std::uint32_t& key : keys_) key = static_cast<std::uint32_t>(seed = mix64(seed));
  }
  [[nodiscard]] std::uint32_t operator()(std::uint32_t number) const {
    do {
      std::uint32_t left = number >> half_;
      std::uint32_t right = number & mask_;
      for (const std::uint32_t key : keys_) {
        const std::uint32_t mixed = ((right ^ key) * 0x9E37'79B1u);
        const std::uint32_t next = left ^ ((mixed >> 15 ^ mixed >> 7) & mask_);
        left = right;
        right = next;
      }
      number = left << half_ | right;
    } while (number >= size_);
    return number;
  }

 private:
  std::uint32_t size_;
  unsigned half_;
  std::uint32_t mask_;
  std::uint32_t keys_[4] = {};
};

}  // namespace kilburn::ftl
