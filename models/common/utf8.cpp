#include "common/utf8.h"

#include <array>

namespace kilburn {

namespace {

constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};  ///< by bytes
constexpr char32_t most = 0x10FFFF;

constexpr unsigned bytes_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first < 0xC0) return 0;  // one that continues a letter
  if (first < 0xE0) return 2;
  if (first < 0xF0) return 3;
  return first < 0xF8 ? 4 : 0;
}

}  // namespace

Utf8Letter first_letter(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  const unsigned bytes = bytes_of(first);
  if (bytes == 1) return {first, 1};
  if (bytes == 0 || text.size() < bytes) return {};
  char32_t code = first & (0x7FU >> bytes);
  for (unsigned i = 1; i < bytes; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if ((byte & 0xC0) != 0x80) return {};
    code = code << 6 | (byte & 0x3F);
  }
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  if (code < least.at(bytes) || code > most || surrogate) return {};
  return {code, bytes};
}

void append_letter(std::string& text, char32_t code) {
  const auto rest = [&](unsigned shift) {
    text += static_cast<char>(0x80 | (code >> shift & 0x3F));
  };
  if (code < least[2]) {
    text += static_cast<char>(code);
  } else if (code < least[3]) {
    text += static_cast<char>(0xC0 | code >> 6);
    rest(0);
  } else if (code < least[4]) {
    text += static_cast<char>(0xE0 | code >> 12);
    rest(6);
    rest(0);
  } else {
    text += static_cast<char>(0xF0 | code >> 18);
    rest(12);
    rest(6);
    rest(0);
  }
}

}  // namespace kilburn
