// Columns of numbers and text, small enough to lie in a page: deflated (zlib) and in base64.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace kilburn::platform::report {

/// zlib's format, in base64: what a browser's DecompressionStream("deflate") reads.
[[nodiscard]] std::string deflated_base64(std::string_view bytes);

/// One of:
/// - {"constant": 7}: all values are 7 (null: all are missing);
/// - {"integers": BLOB}: all are integers from 0 to 2^32 - 1;
/// - {"reals": BLOB}: doubles, NaN where missing.
/// A blob holds the values' first (least significant) bytes, then all second bytes, and so on:
/// that deflates better than value after value.
[[nodiscard]] nlohmann::json encode_numbers(const std::vector<double>& values);

/// {"texts": BLOB of a JSON array of the distinct texts in order of appearance, "index": as above}.
[[nodiscard]] nlohmann::json encode_texts(const std::vector<std::string>& values);

}  // namespace kilburn::platform::report
