// Numbers as people type them, in configuration files and on the command line: one grammar.
//
//     number = digits [ "." digits ] [ "e" digits ] [ unit ]   or   digits "^" digits
//     unit   = k M G T P E (powers of 1000)  or  Ki Mi Gi Ti Pi Ei (powers of 1024); one blank
//              may stand before it; of bytes also B, KiB, MiB, GiB, TiB, PiB, EiB
//
// Always decimal: "010" is ten. No signs, no names (nan, inf). A whole number must come out whole:
// "1.5k" is 1500, "1.5" is no whole number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace kilburn {

/// Nothing where the text is something else, is not whole, or does not fit into 64 bits. `bytes`:
/// the number is one of bytes. Examples: "64k" is 64'000, "2^20" is 1'048'576, "4 MiB" 4'194'304.
[[nodiscard]] std::optional<std::uint64_t> parse_whole_number(std::string_view text,
                                                              bool bytes = false);

/// A number that need not be whole, with the same units, and negative exponents too ("1e-3"). It is
/// finite and not negative. Nothing where the text is something else.
[[nodiscard]] std::optional<double> parse_real_number(std::string_view text);

/// How the units are written, for messages.
inline constexpr std::string_view number_examples = "1000, 64k, 1.5M, 4Ki or 2^20";

}  // namespace kilburn
