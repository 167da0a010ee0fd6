// The fuzzer's bytes as a stream of numbers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kilburn::fuzz {

class Bytes {
 public:
  Bytes(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  [[nodiscard]] bool empty() const { return left_ == 0; }
  template <class Number>
  Number take() {
    Number value{};
    const std::size_t size = left_ < sizeof value ? left_ : sizeof value;
    if (size != 0) std::memcpy(&value, data_, size);
    data_ += size;
    left_ -= size;
    return value;
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

}  // namespace kilburn::fuzz
