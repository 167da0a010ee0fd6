// Arbitration: which submission queue the next commands are fetched from.
// Source: NVM Express 1.4, chapter 4.13.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "nvme/host.h"

namespace kilburn::nvme {

/// Weights of feature 01h, each one more than the field says.
struct Weights {
  unsigned high = 1;
  unsigned medium = 1;
  unsigned low = 1;
  unsigned burst = 1;  ///< commands at a time
};

/// Round robin among all queues; or the admin queue before urgent ones, those before the others,
/// which share by weight: each class has credits, a command costs one, and when no class that has
/// work has any left, all get theirs again.
class Arbiter {
 public:
  /// `queues`: with the admin queue, which is 0.
  explicit Arbiter(unsigned queues) : queues_(queues) {}
  struct Grant {
    QueueId queue = 0;
    unsigned commands = 1;  ///< at most
  };
  /// `has_work(queue)`, `priority(queue)`: 0 (urgent) to 3 (low).
  template <class HasWork, class Priority>
  [[nodiscard]] std::optional<Grant> pick(bool weighted, const Weights& weights, HasWork has_work,
                                          Priority priority) {
    if (!weighted) {
      const auto found = next(last_, has_work);
      if (!found) return std::nullopt;
      last_ = *found;
      return Grant{*found, weights.burst};
    }
    if (has_work(0)) return Grant{0, weights.burst};
    const unsigned shares[classes] = {UINT16_MAX, weights.high, weights.medium, weights.low};
    for (unsigned round = 0; round < 2; ++round) {
      for (unsigned c = 0; c < classes; ++c) {
        if (c != 0 && credits_[c] == 0) continue;
        const auto found = next(last_of_[c], [&](QueueId queue) {
          return queue != 0 && priority(queue) == c && has_work(queue);
        });
        if (!found) continue;
        last_of_[c] = *found;
        const unsigned most = c == 0 ? weights.burst : std::min(weights.burst, credits_[c]);
        return Grant{*found, most};
      }
      for (unsigned c = 0; c < classes; ++c) credits_[c] = shares[c];
    }
    return std::nullopt;
  }
  /// Of a weighted grant: so many were fetched.
  void charge(unsigned priority, unsigned commands) {
    unsigned& credits = credits_[priority];
    credits -= std::min(credits, commands);
  }

 private:
  static constexpr unsigned classes = 4;
  template <class Wanted>
  [[nodiscard]] std::optional<QueueId> next(QueueId after, Wanted wanted) const {
    for (unsigned i = 1; i <= queues_; ++i) {
      const auto queue = static_cast<QueueId>((after + i) % queues_);
      if (wanted(queue)) return queue;
    }
    return std::nullopt;
  }
  unsigned queues_;
  QueueId last_ = 0;
  QueueId last_of_[classes] = {};
  unsigned credits_[classes] = {};
};

}  // namespace kilburn::nvme
