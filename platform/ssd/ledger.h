// What the host has written to a namespace: reads are compared with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <unordered_map>

#include "platform/ssd/request.h"

namespace kilburn::ssd {

/// Every sector that is written carries a stamp at both its ends: namespace, sector, and a number
/// that no other write has. Requests that overlap are kept apart by who asks `overlaps`, so that a
/// sector has one right content.
class Ledger {
 public:
  explicit Ledger(std::uint32_t name_space) : name_space_(name_space) {}

  /// Something that is under way touches it.
  [[nodiscard]] bool overlaps(const Request& request) const;
  /// Number of the write that it may be.
  [[nodiscard]] std::uint64_t begin(const Request& request);
  /// Puts the stamps of write `number`, or of a part of it, into `bytes`.
  void stamp(std::uint64_t number, std::uint64_t first, std::span<std::byte> bytes) const;
  /// The request, whose write had `number`, has ended. After an error nobody knows what is there.
  void end(const Request& request, bool ok, std::uint64_t number);
  /// False: a sector holds something else than what was written last. Sectors that nobody has
  /// written are not looked at.
  [[nodiscard]] bool check(std::uint64_t first, std::span<const std::byte> bytes);
  /// What lies above is gone.
  void shrink(std::uint64_t sectors);

  [[nodiscard]] std::uint64_t checked() const { return checked_; }
  /// What the first difference was; empty: there was none.
  [[nodiscard]] const std::string& difference() const { return difference_; }

 private:
  std::uint32_t name_space_;
  std::uint64_t last_number_ = 0;
  std::unordered_map<std::uint64_t, std::uint64_t> numbers_;    ///< by sector
  std::unordered_map<std::uint64_t, std::uint32_t> under_way_;  ///< requests, by unit
  std::uint64_t checked_ = 0;
  std::string difference_;
};

}  // namespace kilburn::ssd
