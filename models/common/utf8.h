// Text as UTF-8: letter by letter. Source: RFC 3629.
#pragma once

#include <string>
#include <string_view>

namespace kilburn {

struct Utf8Letter {
  char32_t code = 0;
  unsigned bytes = 0;  ///< 1 to 4; 0: what stands there is not UTF-8
};

/// The first letter of `text`, which is not empty. Surrogates, codes beyond U+10FFFF and longer
/// forms than needed are not UTF-8.
[[nodiscard]] Utf8Letter first_letter(std::string_view text);

/// `code` is up to U+10FFFF.
void append_letter(std::string& text, char32_t code);

}  // namespace kilburn
