// How NAND flash is divided: channels, packages, dies, planes, blocks, pages, and the frames of a
// page that its error correction works on.
#pragma once

#include <cstdint>

#include "common/parameters.h"

namespace kilburn::nand {

/// What the error correction covers at a time; the smallest piece that is read or transferred.
inline constexpr std::uint32_t frame_bytes = 4096;

// Numbers within the whole array. Distinct types: a page is no block.
enum class DieId : std::uint32_t {};
enum class PlaneId : std::uint32_t {};
enum class BlockId : std::uint32_t {};
enum class PageId : std::uint32_t {};
enum class FrameId : std::uint32_t {};

/// The number as an integer. Example: `raw(PageId{7})` is 7.
template <class Id>
[[nodiscard]] constexpr std::uint32_t raw(Id id) {
  return static_cast<std::uint32_t>(id);
}

/// Frames are numbered through pages, pages through blocks, blocks through planes, planes through
/// dies, dies through packages, packages through channels. Example, of the default: page 256 is the
/// first page of block 1, which lies in plane 0 of die 0 of package 0 of channel 0.
/// Default: 128 GiB.
struct Geometry {
  std::uint32_t channels = 8;
  std::uint32_t packages = 4;  ///< of a channel
  std::uint32_t dies = 2;      ///< of a package
  std::uint32_t planes = 2;    ///< of a die
  std::uint32_t blocks = 512;  ///< of a plane
  std::uint32_t pages = 256;   ///< of a block
  std::uint32_t page_bytes = 8192;

  void visit(ParameterVisitor& v);

  [[nodiscard]] std::uint32_t all_dies() const { return channels * packages * dies; }
  [[nodiscard]] std::uint32_t all_planes() const { return all_dies() * planes; }
  [[nodiscard]] std::uint32_t all_blocks() const { return all_planes() * blocks; }
  [[nodiscard]] std::uint32_t all_pages() const { return all_blocks() * pages; }
  [[nodiscard]] std::uint32_t all_frames() const { return all_pages() * frames(); }
  [[nodiscard]] std::uint32_t frames() const { return page_bytes / frame_bytes; }  ///< of a page
  [[nodiscard]] std::uint32_t frames_of_block() const { return pages * frames(); }

  [[nodiscard]] PageId page(FrameId frame) const { return PageId{raw(frame) / frames()}; }
  [[nodiscard]] BlockId block(PageId page) const { return BlockId{raw(page) / pages}; }
  [[nodiscard]] BlockId block(FrameId frame) const {
    return BlockId{raw(frame) / frames_of_block()};
  }
  [[nodiscard]] PlaneId plane(BlockId block) const { return PlaneId{raw(block) / blocks}; }
  [[nodiscard]] DieId die(PlaneId plane) const { return DieId{raw(plane) / planes}; }
  [[nodiscard]] std::uint32_t channel(DieId die) const { return raw(die) / (packages * dies); }

  [[nodiscard]] std::uint32_t page_in_block(PageId page) const { return raw(page) % pages; }
  [[nodiscard]] std::uint32_t plane_in_die(PlaneId plane) const { return raw(plane) % planes; }
  [[nodiscard]] PageId page(BlockId block, std::uint32_t number) const {
    return PageId{(raw(block) * pages) + number};
  }
  [[nodiscard]] FrameId frame(PageId page, std::uint32_t number) const {
    return FrameId{(raw(page) * frames()) + number};
  }
  [[nodiscard]] BlockId block(PlaneId plane, std::uint32_t number) const {
    return BlockId{(raw(plane) * blocks) + number};
  }

  friend bool operator==(const Geometry&, const Geometry&) = default;
};

}  // namespace kilburn::nand
