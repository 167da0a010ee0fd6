// Any bytes as a number of the command line: read by both parsers to the same value, or refused.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/number_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto whole = kilburn::parse_whole_number(text);
  const auto bytes = kilburn::parse_whole_number(text, true);
  const auto real = kilburn::parse_real_number(text);
  if (real && !(std::isfinite(*real) && *real >= 0)) __builtin_trap();
  if (!whole) return 0;
  // What is whole without units of bytes is the same number of bytes, and as a real nearly so.
  if (bytes != whole || !real) __builtin_trap();
  const auto expected = static_cast<double>(*whole);
  if (std::abs(*real - expected) > 1e-12 * expected) __builtin_trap();
  return 0;
}
