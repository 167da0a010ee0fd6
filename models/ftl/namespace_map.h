// The two tables: namespace table (start index and size), and V2P (index to physical unit). The
// mechanism of US 10,402,092, and that of US 10,866,732 for comparison.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

#include "ftl/entry.h"
#include "ftl/ftl_config.h"
#include "ftl/identity.h"

namespace kilburn::ftl {

/// A row of the namespace table.
struct Namespace {
  bool present = false;
  std::uint32_t start = 0;           ///< index of unit 0; of the shifting scheme
  std::uint32_t size = 0;            ///< units
  std::uint32_t mapped = 0;          ///< of them
  Attributes attributes{};           ///< of the host interface
  std::vector<std::uint32_t> units;  ///< allocation units, of the other scheme
};

/// Modelled: both tables, and the relocation of entries when a namespace is resized. It runs in
/// steps; in between, a cursor decides for each unit of the namespace that is moving whether its
/// old or its new index counts, so that requests and the garbage collection go on. Which entries
/// hold something is the caller's business: it has deallocated what a shrunk namespace loses.
/// Time: none; each step says how many entries it moved. Errors: the caller asks `fits` first.
class NamespaceMap {
 public:
  NamespaceMap(const FtlConfig& config, std::uint32_t capacity);

  [[nodiscard]] const Namespace& operator[](NamespaceId space) const { return table_[space]; }
  [[nodiscard]] bool contains(NamespaceId space) const {
    return space != 0 && space <= Identity::last_space && table_[space].present;
  }
  /// The start plus the unit, or, where that unit has moved already, its new index.
  [[nodiscard]] std::uint32_t index(NamespaceId space, Unit unit) const {
    const Namespace& row = table_[space];
    if (by_units_) return row.units[unit >> unit_shift_] << unit_shift_ | (unit & unit_mask_);
    std::uint32_t index = row.start + unit;
    if (space == move_.moving && has_moved(unit)) {
      index = move_.up ? index + move_.distance : index - move_.distance;
    }
    return index;
  }
  [[nodiscard]] Entry at(NamespaceId space, Unit unit) const { return v2p_[index(space, unit)]; }
  void set(NamespaceId space, Unit unit, Entry entry) {
    Entry& place = v2p_[index(space, unit)];
    table_[space].mapped += static_cast<std::uint32_t>(entry.mapped());
    table_[space].mapped -= static_cast<std::uint32_t>(place.mapped());
    place = entry;
  }

  [[nodiscard]] bool resizing() const { return move_.resized != 0; }
  /// There are indices for `more` units beyond those that `space` has; 0 of a new one.
  [[nodiscard]] bool fits(NamespaceId space, std::uint32_t more) const;
  /// Units that a namespace of that many takes: whole allocation units, where there are such.
  [[nodiscard]] std::uint32_t taken_by(std::uint32_t size) const;
  [[nodiscard]] std::uint32_t free_units() const;
  [[nodiscard]] std::uint32_t capacity() const { return capacity_; }
  [[nodiscard]] std::optional<NamespaceId> lowest_free_id() const;

  void create(NamespaceId space, std::uint32_t size, Attributes attributes);
  void set_attributes(NamespaceId space, Attributes attributes) {
    table_[space].attributes = attributes;
  }
  /// Every unit is unmapped. Closes the gap at once; returns the entries that it moved.
  std::uint64_t remove(NamespaceId space);

  /// Growth by the claim: the entries of later namespaces move up, last namespace first, high to
  /// low; each one's start follows; the gap is unmapped; the size comes last, by `finish`.
  void begin_growth(NamespaceId space, std::uint32_t size);
  /// The units that go are unmapped. The size comes first; then the entries of later namespaces
  /// move down, low to high, and their starts.
  void begin_shrinking(NamespaceId space, std::uint32_t size);
  /// Moves up to `most` entries. Returns how many: 0 when none is left.
  std::uint32_t step(std::uint32_t most);
  /// No entry is left to move.
  void finish();
  /// The same, but the size stays as it was: later entries move back.
  void abandon_growth();
  [[nodiscard]] std::uint64_t left_to_move() const;
  [[nodiscard]] NamespaceId resized() const { return move_.resized; }
  [[nodiscard]] bool growing() const { return move_.up; }
  [[nodiscard]] std::uint32_t new_size() const { return move_.size; }

  /// In the order of their indices.
  [[nodiscard]] const std::vector<NamespaceId>& order() const { return order_; }
  [[nodiscard]] bool by_units() const { return by_units_; }
  [[nodiscard]] std::uint32_t unit_size() const { return 1u << unit_shift_; }
  /// The table itself, for the checker and its tests.
  [[nodiscard]] Entry& raw_entry(std::uint32_t index) { return v2p_[index]; }
  [[nodiscard]] Entry raw_entry(std::uint32_t index) const { return v2p_[index]; }
  [[nodiscard]] Namespace& raw_row(NamespaceId space) { return table_[space]; }
  [[nodiscard]] std::vector<bool>& raw_free_units() { return unit_free_; }
  [[nodiscard]] const std::vector<bool>& free_allocation_units() const { return unit_free_; }

 private:
  struct Move {
    NamespaceId resized = 0;   ///< 0: no resize is under way
    NamespaceId moving = 0;    ///< 0: all are in place
    std::size_t position = 0;  ///< of `moving`, in the order
    bool up = false;
    std::uint32_t distance = 0;
    std::uint32_t size = 0;    ///< that `resized` will have
    std::uint32_t cursor = 0;  ///< units of `moving` from it on have moved up, or below it down
  };
  struct Free {
    void operator()(void* memory) const { std::free(memory); }
  };

  [[nodiscard]] bool has_moved(Unit unit) const {
    return move_.up ? unit >= move_.cursor : unit < move_.cursor;
  }
  std::uint32_t step_up(std::uint32_t most);
  std::uint32_t step_down(std::uint32_t most);
  void next_up(std::size_t position);
  void next_down(std::size_t position);
  void clear(std::uint32_t first, std::uint32_t end);
  void take_units(Namespace& row, std::uint32_t size);
  void give_units(Namespace& row, std::uint32_t size);

  std::uint32_t capacity_;
  bool by_units_;
  unsigned unit_shift_;
  std::uint32_t unit_mask_;
  std::array<Namespace, Identity::last_space + 1> table_;
  std::vector<NamespaceId> order_;
  std::unique_ptr<Entry[], Free> v2p_;  ///< zero pages until touched
  Move move_;
  std::vector<bool> unit_free_;
};

}  // namespace kilburn::ftl
