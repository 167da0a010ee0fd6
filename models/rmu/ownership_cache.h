// Ownership cache: the RMU's copy of the table entries that it used last.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/replacement.h"
#include "rmu/ownership_entry.h"

namespace kilburn::rmu {

inline constexpr unsigned line_order = 2;  ///< a 64-byte line of the table holds four entries
inline constexpr Granule line_entries = Granule{1} << line_order;
using LineEntries = std::array<Entry, line_entries>;

/// The one entry that speaks for a granule, and where it is.
struct Governing {
  Entry entry{};
  Granule head = 0;
};

/// The entry that governs granule `granule` of its line, where no group larger than the line covers
/// it, or one does that is headed by the line's first entry. Members are not looked at.
/// Example: entries {order 1, anything, order 0, order 0}: granule 1 is governed by entry 0.
[[nodiscard]] Governing governing_in_line(const LineEntries& line, Granule granule);

/// Fully associative. A line holds either four entries of the table, none of which belongs to a
/// group larger than the line, or the head of such a group, and then answers for all of the group.
class OwnershipCache {
 public:
  OwnershipCache(std::uint32_t lines, Replacement replacement, std::uint64_t seed);

  /// What governs `granule`, where that is known. A hit counts as a use.
  [[nodiscard]] std::optional<Governing> find(Granule granule);
  /// True where `find` would hit; not a use.
  [[nodiscard]] bool holds(Granule granule) const { return way_of(granule).has_value(); }
  /// Installs the line that holds `granule`, read from the table when no group headed outside the
  /// line covered it.
  void install(const LineEntries& line, Granule granule);
  /// Drops what covers any of the granules [first, first + 2^order).
  void drop(Granule first, unsigned order);

 private:
  struct Line {
    bool valid = false;
    unsigned order = line_order;  ///< answers for 2^order granules
    Granule first = 0;
    LineEntries entries{};  ///< order > line_order: the head alone, in entries[0]
  };
  [[nodiscard]] std::optional<std::uint32_t> way_of(Granule granule) const;

  std::vector<Line> lines_;
  ReplacementState replacement_;
};

}  // namespace kilburn::rmu
