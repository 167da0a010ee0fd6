// Symbols of a program: from names to addresses for the platform, and back for a debugger.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/types.h"

namespace kilburn::software {

struct Symbol {
  std::string name;
  Address address = 0;      ///< virtual
  std::uint64_t bytes = 0;  ///< 0: not told
  bool absolute = false;    ///< a number, not a place in the program
};

class SymbolTable {
 public:
  SymbolTable() = default;
  explicit SymbolTable(std::vector<Symbol> symbols);

  /// The address (or number) of `name`; of several symbols of that name, the first.
  [[nodiscard]] std::optional<Address> find(std::string_view name) const;

  /// The last symbol at or below an address.
  struct Place {
    std::string_view name;
    std::uint64_t offset = 0;
  };
  /// Example: 0x80000104 in main, which is at 0x80000100: {"main", 4}. Of several symbols at one
  /// address that which knows its size is taken, then the first.
  [[nodiscard]] std::optional<Place> nearest(Address address) const;
  [[nodiscard]] bool empty() const { return symbols_.empty(); }

 private:
  std::vector<Symbol> symbols_;
  std::vector<std::size_t> by_name_;     ///< all
  std::vector<std::size_t> by_address_;  ///< places only, one an address
};

}  // namespace kilburn::software
