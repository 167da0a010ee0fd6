// A structure that the controller gives to the host, field by field, in little-endian bytes.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace kilburn::nvme {

class Structure {
 public:
  explicit Structure(std::size_t bytes) : bytes_(bytes) {}

  /// `Integer`'s bytes at `offset`.
  template <class Integer>
  void put(std::size_t offset, Integer value) {
    assert(offset + sizeof value <= bytes_.size() && "within the structure");
    for (std::size_t i = 0; i < sizeof value; ++i) {
      bytes_[offset + i] = static_cast<std::byte>(value >> 8 * i);
    }
  }
  void put8(std::size_t offset, unsigned value) { put(offset, static_cast<std::uint8_t>(value)); }
  void put16(std::size_t offset, unsigned value) { put(offset, static_cast<std::uint16_t>(value)); }
  void put32(std::size_t offset, std::uint32_t value) { put(offset, value); }
  void put64(std::size_t offset, std::uint64_t value) { put(offset, value); }
  /// Padded with `fill` to `length`.
  void text(std::size_t offset, std::size_t length, std::string_view text, char fill) {
    for (std::size_t i = 0; i < length; ++i) {
      bytes_[offset + i] = static_cast<std::byte>(i < text.size() ? text[i] : fill);
    }
  }
  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

/// Integers of what the host has given.
template <class Integer>
[[nodiscard]] Integer take(std::span<const std::byte> bytes, std::size_t offset) {
  Integer value = 0;
  assert(offset + sizeof value <= bytes.size() && "within the structure");
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace kilburn::nvme
