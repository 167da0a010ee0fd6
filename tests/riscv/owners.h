// A plain ownership table for tests of harts: rights by frame and realm, in a map.
#pragma once

#include <cstdint>
#include <map>

#include "common/ownership.h"

namespace kilburn::riscv::test {

enum class Right : std::uint8_t { none, read, all };

/// What is not said is open to everybody. All of an aligned block of `order` has its first frame's
/// rights.
class Owners final : public OwnershipCheck {
 public:
  std::uint8_t order = 0;
  Cycles latency = 5;
  bool transient = false;
  std::uint64_t checks = 0;

  /// To `realm` alone; it may store where `right` is all.
  void give(Address address, std::uint16_t realm, Right right = Right::all) {
    owners_[first(address >> page_shift)] = {realm, right};
  }
  void open(Address address) { owners_.erase(first(address >> page_shift)); }

  OwnershipReply check(const OwnershipRequest& request, Cycles) override {
    ++checks;
    Right right = Right::all;
    if (const auto found = owners_.find(first(request.frame)); found != owners_.end()) {
      right = found->second.realm == request.realm ? found->second.right : Right::none;
    }
    const bool store = request.access == Access::store;
    return {.allowed = right == Right::all || (right == Right::read && !store),
            .writable = right == Right::all,
            .order = transient ? std::uint8_t{0} : order,
            .latency = latency,
            .transient = transient};
  }

 private:
  struct Owner {
    std::uint16_t realm;
    Right right;
  };
  [[nodiscard]] PageNumber first(PageNumber frame) const { return frame >> order << order; }
  std::map<PageNumber, Owner> owners_;
};

}  // namespace kilburn::riscv::test
