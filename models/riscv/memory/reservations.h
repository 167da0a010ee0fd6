// Load reservations of the harts: what LR sets, and what decides whether SC stores.
// Source: RISC-V Unprivileged ISA 20191213, chapter 8.2.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "common/types.h"

namespace kilburn::riscv {

/// Modelled: one reservation a hart, of the 64-byte line of its LR; a store by anybody else to that
/// line, of whatever value, breaks it; SC, a trap and a return from one end it. SC succeeds at the
/// address of its LR only, though the whole line is reserved. No time.
class Reservations {
 public:
  explicit Reservations(unsigned harts) : reserved_(harts, none) {}

  void reserve(unsigned hart, Address address) { reserved_[hart] = address; }
  void release(unsigned hart) { reserved_[hart] = none; }
  [[nodiscard]] bool live(unsigned hart) const { return reserved_[hart] != none; }
  [[nodiscard]] bool holds(unsigned hart, Address address) const {
    return reserved_[hart] == address;
  }
  /// Page of a live reservation.
  [[nodiscard]] PageNumber page(unsigned hart) const { return reserved_[hart] >> page_shift; }
  [[nodiscard]] bool any_in(PageNumber page) const {
    return std::ranges::any_of(reserved_, [&](Address address) {
      return address != none && address >> page_shift == page;
    });
  }
  /// [address, address + bytes) has been written: by `writer`, whose own reservation stays, or,
  /// with a number that is no hart's, by a device.
  void written(Address address, std::uint64_t bytes, unsigned writer) {
    for (unsigned hart = 0; hart < reserved_.size(); ++hart) {
      if (hart == writer || reserved_[hart] == none) continue;
      const Address line = reserved_[hart] & ~(line_bytes - 1);
      if (line - address < bytes || address - line < line_bytes) reserved_[hart] = none;
    }
  }

 private:
  static constexpr Address none = ~Address{0};
  std::vector<Address> reserved_;  ///< physical address of each hart's LR
};

}  // namespace kilburn::riscv
