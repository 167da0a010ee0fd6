// A large set of small integers: a bitmap with summary levels, 64 to 1, above it.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace kilburn::trace_os {

/// All operations touch at most one word a level: four levels for 16 million members.
class Bitmap {
 public:
  explicit Bitmap(std::size_t size) {
    do {
      size = (size + 63) / 64;
      levels_.emplace_back(size, 0);
    } while (size > 1);
  }

  [[nodiscard]] bool test(std::size_t i) const {
    return i / 64 < levels_[0].size() && (levels_[0][i / 64] >> (i % 64) & 1) != 0;
  }
  [[nodiscard]] bool empty() const { return levels_.back()[0] == 0; }
  [[nodiscard]] std::uint64_t count() const {
    std::uint64_t members = 0;
    for (const std::uint64_t word : levels_[0]) {
      members += static_cast<std::uint64_t>(std::popcount(word));
    }
    return members;
  }
  void set(std::size_t i) {
    for (auto& level : levels_) {
      std::uint64_t& word = level[i / 64];
      const bool was_empty = word == 0;
      word |= std::uint64_t{1} << (i % 64);
      if (!was_empty) return;
      i /= 64;
    }
  }
  void clear(std::size_t i) {
    for (auto& level : levels_) {
      std::uint64_t& word = level[i / 64];
      word &= ~(std::uint64_t{1} << (i % 64));
      if (word != 0) return;
      i /= 64;
    }
  }
  /// The smallest member that is at least `from`.
  [[nodiscard]] std::optional<std::size_t> find(std::size_t from) const {
    for (std::size_t level = 0; level < levels_.size() && from / 64 < levels_[level].size();
         ++level) {
      const std::uint64_t word = levels_[level][from / 64] & (~std::uint64_t{0} << (from % 64));
      if (word != 0) return descend(level, from / 64 * 64 + lowest(word));
      from = from / 64 + 1;
    }
    return std::nullopt;
  }

 private:
  static std::size_t lowest(std::uint64_t word) {
    return static_cast<std::size_t>(std::countr_zero(word));
  }
  [[nodiscard]] std::size_t descend(std::size_t level, std::size_t i) const {
    while (level-- > 0) i = i * 64 + lowest(levels_[level][i]);
    return i;
  }

  std::vector<std::vector<std::uint64_t>> levels_;  ///< [0]: the members, above: non-empty words
};

}  // namespace kilburn::trace_os
