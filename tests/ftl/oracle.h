// What a drive must hold, independent of how it does it: a map of numbers, and after a power cut a
// set of numbers that each unit may hold.
#pragma once

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ftl/drive.h"

namespace kilburn::ftl::test {

/// Units hold numbers, 0 of one that holds nothing. Of each unit it knows the newest number, and
/// all that a cut may leave: since the last time that the unit was durable.
class Oracle {
 public:
  struct Cell {
    std::uint64_t newest = 0;
    std::set<std::uint64_t> possible = {0};
  };
  using Space = std::map<Unit, Cell>;

  void create(NamespaceId space, Unit size, Attributes attributes = {}) {
    sizes_[space] = size;
    cells_[space] = {};
    attributes_[space] = attributes;
  }
  void remove(NamespaceId space) {
    sizes_.erase(space);
    cells_.erase(space);
    attributes_.erase(space);
  }
  void format(NamespaceId space, Attributes attributes) {
    cells_[space] = {};
    attributes_[space] = attributes;
  }
  void set_attributes(NamespaceId space, Attributes attributes) { attributes_[space] = attributes; }
  void resize(NamespaceId space, Unit size) {
    sizes_[space] = size;
    std::erase_if(cells_[space], [&](const auto& entry) { return entry.first >= size; });
  }
  /// May be there after a cut from now on.
  void begin_write(NamespaceId space, Unit unit, std::uint64_t number) {
    cells_[space][unit].possible.insert(number);
  }
  void end_write(NamespaceId space, Unit unit, std::uint64_t number, bool durable) {
    Cell& cell = cells_[space][unit];
    cell.newest = number;
    cell.possible.insert(number);
    if (durable) cell.possible = {number};
  }
  void flush() {
    for (auto& [space, cells] : cells_) {
      for (auto& [unit, cell] : cells) cell.possible = {cell.newest};
    }
  }
  /// What is there now is what was found.
  void found(NamespaceId space, Unit unit, std::uint64_t number) {
    cells_[space][unit] = {number, {number}};
  }
  [[nodiscard]] std::uint64_t newest(NamespaceId space, Unit unit) {
    const auto& cells = cells_[space];
    const auto at = cells.find(unit);
    return at == cells.end() ? 0 : at->second.newest;
  }
  [[nodiscard]] bool may_hold(NamespaceId space, Unit unit, std::uint64_t number) {
    const auto& cells = cells_[space];
    const auto at = cells.find(unit);
    return at == cells.end() ? number == 0 : at->second.possible.contains(number);
  }
  [[nodiscard]] const std::map<NamespaceId, Unit>& sizes() const { return sizes_; }
  [[nodiscard]] Attributes attributes(NamespaceId space) const { return attributes_.at(space); }

  /// Reads everything. After a cut each unit may hold what is possible, and holds it from then on.
  void compare(Drive& drive, bool after_cut) {
    std::vector<NamespaceId> expected;
    for (const auto& [space, size] : sizes_) expected.push_back(space);
    ASSERT_EQ(drive.ftl->namespaces(), expected);
    for (const auto& [space, size] : sizes_) {
      ASSERT_EQ(drive.ftl->info(space)->sectors, std::uint64_t{size} * unit_sectors) << space;
      ASSERT_EQ(drive.ftl->info(space)->attributes, attributes_.at(space)) << space;
      const auto data = drive.read(space, 0, std::uint64_t{size} * unit_sectors);
      for (Unit unit = 0; unit < size; ++unit) {
        const auto number =
            Drive::number_of(std::span(data).subspan(std::size_t{unit} * unit_bytes, unit_bytes));
        ASSERT_TRUE(number) << "unit " << unit << " of " << space << " is a mixture";
        if (after_cut) {
          ASSERT_TRUE(may_hold(space, unit, *number))
              << "unit " << unit << " of " << space << " holds " << *number << ", newest is "
              << newest(space, unit);
          found(space, unit, *number);
        } else {
          ASSERT_EQ(*number, newest(space, unit)) << "unit " << unit << " of " << space;
        }
      }
    }
    ASSERT_EQ(findings(*drive.ftl), "");
  }

 private:
  std::map<NamespaceId, Unit> sizes_;
  std::map<NamespaceId, Space> cells_;
  std::map<NamespaceId, Attributes> attributes_;
};

}  // namespace kilburn::ftl::test
