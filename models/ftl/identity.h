// What a page's spare bytes say of its units: whose they are, and when they were programmed.
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "ftl/media.h"
#include "nand/geometry.h"

namespace kilburn::ftl {

using Unit = std::uint32_t;      ///< LBA of unit_bytes within a namespace
using Sequence = std::uint64_t;  ///< order of all programmed pages and journal records; 1 and up

/// Of a frame. Space 0: the layer's own page, of `kind` and `index`.
struct Owner {
  enum class Kind : std::uint8_t { padding, map, root, journal };
  NamespaceId space = 0;
  Unit unit = 0;  ///< of space 0: the index
  Kind kind = Kind::padding;
  friend bool operator==(const Owner&, const Owner&) = default;
};

/// Spare bytes of a page: three of its sequence, less that of its block's tag; then the owner of
/// each frame in four or five bytes. Example, four bytes: unit 7 of namespace 2 is 0x0400'0007.
class Identity {
 public:
  static constexpr NamespaceId last_space = 127;
  static constexpr Sequence longest_distance = 0xFF'FFFF;

  explicit Identity(const nand::Geometry& geometry)
      : frames_(geometry.frames()), bytes_(geometry.all_frames() <= 1u << 25 ? 4 : 5) {}

  [[nodiscard]] std::uint32_t spare_bytes() const { return 3 + (frames_ * bytes_); }

  void pack(std::span<std::byte> spare, Sequence distance, std::span<const Owner> owners) const {
    assert(distance <= longest_distance && owners.size() == frames_);
    std::memcpy(spare.data(), &distance, 3);
    for (std::uint32_t i = 0; i < frames_; ++i) {
      const std::uint64_t word = word_of(owners[i]);
      std::memcpy(spare.data() + 3 + (std::size_t{i} * bytes_), &word, bytes_);
    }
  }
  [[nodiscard]] static Sequence distance(std::span<const std::byte> spare) {
    Sequence distance = 0;
    std::memcpy(&distance, spare.data(), 3);
    return distance;
  }
  [[nodiscard]] Owner owner(std::span<const std::byte> spare, std::uint32_t frame) const {
    std::uint64_t word = 0;
    std::memcpy(&word, spare.data() + 3 + (std::size_t{frame} * bytes_), bytes_);
    Owner owner;
    owner.space = static_cast<NamespaceId>(word >> unit_bits());
    owner.unit = static_cast<Unit>(word & ((std::uint64_t{1} << unit_bits()) - 1));
    if (owner.space == 0) {
      owner.kind = static_cast<Owner::Kind>(owner.unit >> index_bits());
      owner.unit &= (1u << index_bits()) - 1;
    }
    return owner;
  }

 private:
  [[nodiscard]] unsigned unit_bits() const { return bytes_ == 4 ? 25 : 30; }
  [[nodiscard]] unsigned index_bits() const { return unit_bits() - 2; }
  [[nodiscard]] std::uint64_t word_of(const Owner& owner) const {
    const std::uint64_t kind = owner.space == 0 ? static_cast<std::uint64_t>(owner.kind) : 0;
    return std::uint64_t{owner.space} << unit_bits() | kind << index_bits() | owner.unit;
  }

  std::uint32_t frames_;
  std::uint32_t bytes_;
};

}  // namespace kilburn::ftl
