#include "block_trace/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "common/parameter_values.h"

namespace kilburn::block_trace {

std::string_view take_word(std::string_view& text) {
  const std::string_view from_word = without_blanks(text);
  const auto* const end = std::ranges::find_if(from_word, is_blank);
  text = {end, text.end()};
  return {from_word.begin(), end};
}

std::uint64_t number(std::string_view field, std::string_view what) {
  const auto value = parse_digits(field);
  if (!value) reject(field, what, "decimal digits, a number below 2^64");
  return *value;
}

std::uint64_t scaled(std::uint64_t value, std::uint64_t unit, std::string_view what) {
  std::uint64_t product = 0;
  if (__builtin_mul_overflow(value, unit, &product)) {
    throw BadLine(fmt::format("{} is {}: allowed up to {}", what, value,
                              std::numeric_limits<std::uint64_t>::max() / unit));
  }
  return product;
}

void reject(std::string_view field, std::string_view what, std::string_view allowed) {
  throw BadLine(fmt::format("{} is \"{}\": allowed {}", what, printable(field), allowed));
}

}  // namespace kilburn::block_trace
