// Asynchronous events: requests that wait for one, and events that wait for a request.
// Source: NVM Express 1.4, chapter 5.2.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "kilburn/nvme.h"

namespace kilburn::nvme {

struct AsyncEvent {
  std::uint8_t type = 0;
  std::uint8_t information = 0;
  std::uint8_t log = 0;
  [[nodiscard]] std::uint32_t result() const {
    return type | std::uint32_t{information} << 8 | std::uint32_t{log} << 16;
  }
  friend bool operator==(const AsyncEvent&, const AsyncEvent&) = default;
};

/// Modelled: the limit of requests; a type that was told is masked until its log page is read, and
/// what came meanwhile is in that log. Each event waits once.
class AsyncEvents {
 public:
  explicit AsyncEvents(unsigned limit) : limit_(limit) {}

  /// False: as many as may wait do so.
  [[nodiscard]] bool park(std::uint16_t id) {
    if (requests_.size() >= limit_) return false;
    requests_.push_back(id);
    return true;
  }
  void report(const AsyncEvent& event) {
    if (std::ranges::find(waiting_, event) == waiting_.end()) waiting_.push_back(event);
  }
  struct Told {
    std::uint16_t id = 0;
    AsyncEvent event{};
  };
  /// An event for the request that has waited longest.
  [[nodiscard]] std::optional<Told> tell() {
    if (requests_.empty()) return std::nullopt;
    const auto event = std::ranges::find_if(waiting_, [this](const AsyncEvent& each) {
      return !masked_[each.type % NVME_EVENT_TYPES];
    });
    if (event == waiting_.end()) return std::nullopt;
    const Told told{requests_.front(), *event};
    masked_[event->type % NVME_EVENT_TYPES] = true;
    waiting_.erase(event);
    requests_.erase(requests_.begin());
    return told;
  }
  /// Its log page has been read, and nothing is retained.
  void clear(std::uint8_t type) {
    masked_[type % NVME_EVENT_TYPES] = false;
    std::erase_if(waiting_, [type](const AsyncEvent& each) { return each.type == type; });
  }
  /// True: the request waited, and does so no more.
  [[nodiscard]] bool abort(std::uint16_t id) { return std::erase(requests_, id) != 0; }
  [[nodiscard]] std::size_t waiting() const { return requests_.size(); }
  void reset() {
    requests_.clear();
    waiting_.clear();
    masked_ = {};
  }

 private:
  unsigned limit_;
  std::vector<std::uint16_t> requests_;
  std::vector<AsyncEvent> waiting_;
  std::array<bool, NVME_EVENT_TYPES> masked_{};
};

}  // namespace kilburn::nvme
