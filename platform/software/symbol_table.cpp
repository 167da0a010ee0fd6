#include "platform/software/symbol_table.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace kilburn::software {

SymbolTable::SymbolTable(std::vector<Symbol> symbols) : symbols_(std::move(symbols)) {
  by_name_.resize(symbols_.size());
  std::iota(by_name_.begin(), by_name_.end(), std::size_t{0});
  for (const std::size_t index : by_name_) {
    if (!symbols_[index].absolute) by_address_.push_back(index);
  }
  std::ranges::stable_sort(by_name_, {},
                           [&](std::size_t i) -> std::string_view { return symbols_[i].name; });
  std::ranges::stable_sort(by_address_, {}, [&](std::size_t i) {
    return std::pair(symbols_[i].address, symbols_[i].bytes == 0);
  });
  const auto same = [&](std::size_t a, std::size_t b) {
    return symbols_[a].address == symbols_[b].address;
  };
  by_address_.erase(std::unique(by_address_.begin(), by_address_.end(), same), by_address_.end());
}

std::optional<Address> SymbolTable::find(std::string_view name) const {
  const auto found = std::ranges::lower_bound(
      by_name_, name, {}, [&](std::size_t i) -> std::string_view { return symbols_[i].name; });
  if (found == by_name_.end() || symbols_[*found].name != name) return std::nullopt;
  return symbols_[*found].address;
}

std::optional<SymbolTable::Place> SymbolTable::nearest(Address address) const {
  const auto above = std::ranges::upper_bound(by_address_, address, {},
                                              [&](std::size_t i) { return symbols_[i].address; });
  if (above == by_address_.begin()) return std::nullopt;
  const Symbol& symbol = symbols_[*std::prev(above)];
  return Place{symbol.name, address - symbol.address};
}

}  // namespace kilburn::software
