// Requests that wait for one translation, by its id.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "dual_lut/lookup_tables.h"

namespace kilburn::dual_lut {

/// Lists in one array: nothing is allocated once it has grown to what waits at a time.
class Parking {
 public:
  explicit Parking(std::uint32_t ids) : lists_(ids) {}

  void park(Id id, Waiter waiter) {
    std::uint32_t place = free_;
    if (place == none) {
      place = static_cast<std::uint32_t>(places_.size());
      places_.push_back({});
    } else {
      free_ = places_[place].next;
    }
    places_[place] = {waiter, none};
    List& list = lists_[id];
    (list.first == none ? list.first : places_[list.last].next) = place;
    list.last = place;
  }
  /// All of them, in the order of their coming; they stand there until the next call.
  [[nodiscard]] std::span<const Waiter> release(Id id) {
    released_.clear();
    List& list = lists_[id];
    for (std::uint32_t place = list.first; place != none;) {
      released_.push_back(places_[place].waiter);
      const std::uint32_t next = places_[place].next;
      places_[place].next = free_;
      free_ = place;
      place = next;
    }
    list = {};
    return released_;
  }

 private:
  static constexpr std::uint32_t none = UINT32_MAX;
  struct Place {
    Waiter waiter = 0;
    std::uint32_t next = none;
  };
  struct List {
    std::uint32_t first = none;
    std::uint32_t last = none;
  };
  std::vector<List> lists_;
  std::vector<Place> places_;
  std::vector<Waiter> released_;
  std::uint32_t free_ = none;
};

}  // namespace kilburn::dual_lut
