// A list of types, and places in it.
#pragma once

#include <cstddef>
#include <type_traits>

namespace kilburn {

template <class... Types>
struct TypeList {};

/// The place of `Type` in a list that has it.
template <class Type, class... Types>
[[nodiscard]] constexpr std::size_t place_in(TypeList<Types...> /*list*/) {
  constexpr bool same[] = {std::is_same_v<Type, Types>...};
  std::size_t place = 0;
  while (!same[place]) ++place;
  return place;
}

}  // namespace kilburn
