// What a flush waits for: everything that was accepted before it.
#pragma once

#include <cstdint>
#include <deque>

namespace kilburn::ftl {

/// Counts, for each epoch, what is not durable yet. A flush ends the present epoch.
class Epochs {
 public:
  [[nodiscard]] std::uint64_t now() const { return first_ + open_.size() - 1; }
  /// One more that belongs to the present epoch, which is returned.
  std::uint64_t add() {
    ++open_.back();
    return now();
  }
  /// One of that epoch is durable, or gone.
  void done(std::uint64_t epoch) {
    --open_[epoch - first_];
    while (open_.size() > 1 && open_.front() == 0) {
      open_.pop_front();
      ++first_;
    }
  }
  /// What is accepted from now on belongs to another epoch. Returns the one that ended.
  std::uint64_t end() {
    if (open_.back() != 0) open_.push_back(0);
    return now() - 1;
  }
  /// All of that epoch and those before it is durable.
  [[nodiscard]] bool durable(std::uint64_t epoch) const { return epoch < first_; }

 private:
  std::deque<std::uint64_t> open_ = {0};
  std::uint64_t first_ = 1;
};

}  // namespace kilburn::ftl
