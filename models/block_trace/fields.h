// The fields of a line, and what is said where one is wrong.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace kilburn::block_trace {

/// What is wrong with a line; whoever reads the file says where.
class BadLine : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The first fields of a line. `count` is that of all: it may be more than there is room for.
template <std::size_t room>
struct Fields {
  std::array<std::string_view, room> at;
  std::size_t count = 0;

  void add(std::string_view field) {
    if (count < room) at[count] = field;
    ++count;
  }
};

[[nodiscard]] constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}
[[nodiscard]] constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// From the first letter on that is no blank; empty where there is none.
[[nodiscard]] constexpr std::string_view without_blanks(std::string_view line) {
  return {std::ranges::find_if_not(line, is_blank), line.end()};
}

/// Takes the next word, and the blanks before it, off the front; empty where none is left.
[[nodiscard]] std::string_view take_word(std::string_view& text);

/// The field as decimal digits; `what` it is stands in the message: "Offset".
[[nodiscard]] std::uint64_t number(std::string_view field, std::string_view what);

/// The product, where it fits: `what` is a number of so many nanoseconds, or bytes.
[[nodiscard]] std::uint64_t scaled(std::uint64_t value, std::uint64_t unit, std::string_view what);

/// `field` is none of `allowed`.
[[noreturn]] void reject(std::string_view field, std::string_view what, std::string_view allowed);

}  // namespace kilburn::block_trace
