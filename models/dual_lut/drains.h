// Invalidations that wait for the last use of what they have dropped.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace kilburn::dual_lut {

/// Each has a number, and counts the translations that are still in use. One that an earlier
/// invalidation waits for may be of a later one's range as well: the later waits for both.
class Drains {
 public:
  [[nodiscard]] std::uint64_t begin() { return ++last_; }
  void waits_for_one(std::uint64_t drain) {
    const auto found = std::ranges::find(open_, drain, &Open::drain);
    if (found != open_.end()) {
      ++found->left;
    } else {
      open_.push_back({drain, 1});
    }
  }
  void one_has_ended(std::uint64_t drain) {
    const auto found = std::ranges::find(open_, drain, &Open::drain);
    if (found != open_.end() && --found->left == 0) open_.erase(found);
  }
  [[nodiscard]] bool drained(std::uint64_t drain) const {
    return std::ranges::none_of(open_, [drain](const Open& open) { return open.drain <= drain; });
  }

 private:
  struct Open {
    std::uint64_t drain = 0;
    std::uint32_t left = 0;
  };
  std::uint64_t last_ = 0;
  std::vector<Open> open_;
};

}  // namespace kilburn::dual_lut
