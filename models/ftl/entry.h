// An entry of the V2P table: where a unit's newest data are.
#pragma once

#include <cstdint>

#include "nand/geometry.h"

namespace kilburn::ftl {

/// Four bytes, 0 of a unit that holds nothing, so that a table that is all unmapped need not be
/// written. Example: frame 5 is 6; slot 2 of the write buffer is 0x8000'0002.
class Entry {
 public:
  constexpr Entry() = default;
  [[nodiscard]] static constexpr Entry in_flash(nand::FrameId frame) {
    return Entry(nand::raw(frame) + 1);
  }
  [[nodiscard]] static constexpr Entry in_buffer(std::uint32_t slot) {
    return Entry(slot | buffer);
  }

  [[nodiscard]] constexpr bool mapped() const { return word_ != 0; }
  [[nodiscard]] constexpr bool buffered() const { return (word_ & buffer) != 0; }
  [[nodiscard]] constexpr bool flashed() const { return mapped() && !buffered(); }
  [[nodiscard]] constexpr nand::FrameId frame() const { return nand::FrameId{word_ - 1}; }
  [[nodiscard]] constexpr std::uint32_t slot() const { return word_ & ~buffer; }
  [[nodiscard]] constexpr std::uint32_t word() const { return word_; }
  [[nodiscard]] static constexpr Entry of_word(std::uint32_t word) { return Entry(word); }
  friend constexpr bool operator==(Entry, Entry) = default;

 private:
  static constexpr std::uint32_t buffer = 0x8000'0000;
  explicit constexpr Entry(std::uint32_t word) : word_(word) {}
  std::uint32_t word_ = 0;
};

}  // namespace kilburn::ftl
