// Little-endian numbers of fixed and variable length in buffers of bytes.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace kilburn::trace {

static_assert(std::endian::native == std::endian::little, "trace files are read in place");

/// Zigzag: small magnitudes of either sign become small numbers. Example: 0, -1, 1 -> 0, 1, 2.
[[nodiscard]] constexpr std::uint64_t zigzag(std::uint64_t difference) {
  return (difference << 1) ^ (0 - (difference >> 63));
}
[[nodiscard]] constexpr std::uint64_t unzigzag(std::uint64_t coded) {
  return (coded >> 1) ^ (0 - (coded & 1));
}
/// Bytes that hold `value`: 0 for 0, up to 8.
[[nodiscard]] constexpr unsigned byte_length(std::uint64_t value) {
  return (64 - static_cast<unsigned>(std::countl_zero(value)) + 7) / 8;
}
/// The value of 0 to 8 bytes at `from`; 8 bytes must be readable there.
[[nodiscard]] inline std::uint64_t load_bytes(const std::byte* from, unsigned length) {
  constexpr std::uint64_t all = ~std::uint64_t{0};
  constexpr std::uint64_t masks[16] = {
      0,   0xFF, all >> 48, all >> 40, all >> 32, all >> 24, all >> 16, all >> 8,
      all, all,  all,       all,       all,       all,       all,       all};
  std::uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value & masks[length & 15];
}

inline void append_bytes(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  const std::size_t end = to.size();
  to.resize(end + bytes.size());
  std::memcpy(to.data() + end, bytes.data(), bytes.size());
}
template <class Number>
requires std::is_trivially_copyable_v<Number>
void put(std::vector<std::byte>& to, const Number& number) {
  append_bytes(to, std::as_bytes(std::span(&number, 1)));
}
/// Seven bits a byte, lowest first; the top bit says that more follow.
inline void put_varint(std::vector<std::byte>& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to.push_back(static_cast<std::byte>(value | 0x80));
  to.push_back(static_cast<std::byte>(value));
}

/// Reads what the functions above put. Reading past the end gives nothing.
class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  template <class Number>
  requires std::is_trivially_copyable_v<Number> std::optional<Number> get() {
    if (bytes_.size() < sizeof(Number)) return std::nullopt;
    Number number;
    std::memcpy(&number, bytes_.data(), sizeof number);
    bytes_ = bytes_.subspan(sizeof number);
    return number;
  }
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (bytes_.empty()) return std::nullopt;
      const auto byte = std::to_integer<std::uint64_t>(bytes_.front());
      bytes_ = bytes_.subspan(1);
      value |= (byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }
  std::optional<std::span<const std::byte>> take(std::size_t count) {
    if (bytes_.size() < count) return std::nullopt;
    const auto taken = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return taken;
  }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  /// Bytes left.
  [[nodiscard]] std::size_t size() const { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace kilburn::trace
