#include "platform/report/page/column_encoding.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <unordered_map>

namespace kilburn::platform::report {

namespace {

std::string deflate(std::string_view bytes) {
  uLongf length = compressBound(static_cast<uLong>(bytes.size()));
  std::string deflated(length, '\0');
  const int status = compress2(reinterpret_cast<Bytef*>(deflated.data()), &length,
                               reinterpret_cast<const Bytef*>(bytes.data()),
                               static_cast<uLong>(bytes.size()), Z_DEFAULT_COMPRESSION);
  if (status != Z_OK) throw std::runtime_error("zlib is out of memory");
  deflated.resize(length);
  return deflated;
}

std::string base64(std::string_view bytes) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t have = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < have ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= have ? digits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

template <class Word>
std::string in_planes(const std::vector<double>& values) {
  std::string bytes(values.size() * sizeof(Word), '\0');
  for (std::size_t i = 0; i < values.size(); ++i) {
    Word word{};
    if constexpr (sizeof(Word) == sizeof(double)) {
      word = std::bit_cast<Word>(values[i]);
    } else {
      word = static_cast<Word>(values[i]);
    }
    for (std::size_t plane = 0; plane < sizeof(Word); ++plane) {
      bytes[plane * values.size() + i] = static_cast<char>(word >> (8 * plane) & 255);
    }
  }
  return bytes;
}

bool is_word(double value) {
  return value >= 0 && value <= UINT32_MAX && value == std::floor(value);
}

}  // namespace

std::string deflated_base64(std::string_view bytes) {
  return base64(deflate(bytes));
}

nlohmann::json encode_numbers(const std::vector<double>& values) {
  const auto equal = [&](double value) {
    return value == values.front() || (std::isnan(value) && std::isnan(values.front()));
  };
  if (values.empty()) return {{"constant", nullptr}};
  if (std::isfinite(values.front()) || std::isnan(values.front())) {
    if (std::ranges::all_of(values, equal)) return {{"constant", values.front()}};  // NaN: null
  }
  if (std::ranges::all_of(values, is_word)) {
    return {{"integers", deflated_base64(in_planes<std::uint32_t>(values))}};
  }
  return {{"reals", deflated_base64(in_planes<std::uint64_t>(values))}};
}

nlohmann::json encode_texts(const std::vector<std::string>& values) {
  std::unordered_map<std::string_view, std::size_t> known;
  nlohmann::json texts = nlohmann::json::array();
  std::vector<double> index;
  index.reserve(values.size());
  for (const std::string& value : values) {
    const auto [found, is_new] = known.try_emplace(value, known.size());
    if (is_new) texts.push_back(value);
    index.push_back(static_cast<double>(found->second));
  }
  const std::string list =
      texts.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);  // not UTF-8: U+FFFD
  return {{"texts", deflated_base64(list)}, {"index", encode_numbers(index)}};
}

}  // namespace kilburn::platform::report
