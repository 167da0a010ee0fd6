// Where the contents of NAND flash lie on the host: memory, or an image file that outlives the
// process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "nand/geometry.h"

namespace kilburn::nand {

/// What is kept of a block.
struct BlockRecord {
  std::uint64_t tag = 0;  ///< spare bytes of the first page that its owner reads often
  std::uint32_t erases = 0;
  std::uint16_t programmed = 0;  ///< pages, from the first; whole or torn
  std::uint8_t flags = 0;        ///< of BlockFlag
  std::uint8_t reserved = 0;
};

/// What an image file's header says of the drive in it.
struct ImageShape {
  Geometry geometry{};
  std::uint32_t spare_bytes = 0;
};
/// Errors: as Store's.
[[nodiscard]] ImageShape image_shape(const std::string& image);

enum class ImageUse : std::uint8_t {
  drive,  ///< what is stored is in the file
  look,   ///< the file must be there, and stays as it is: what is stored is this process's alone
};

/// Regions, one behind the other: header, block records, a bit for each torn page, spare bytes,
/// checksums of frames, data. All zero at first, and only what is touched takes memory or disk: a
/// file is sparse. The file is mapped shared, so that what was stored is in it whatever becomes of
/// this process; a crash of the host's kernel is not covered.
/// Errors: InputError naming the file and what is wrong with it.
class Store {
 public:
  /// `image`: name of the file, made where there is none; empty: memory.
  Store(const Geometry& geometry, std::uint32_t spare_bytes, std::string image,
        ImageUse use = ImageUse::drive);
  ~Store();
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] BlockRecord& block(BlockId id) { return blocks_[raw(id)]; }
  [[nodiscard]] const BlockRecord& block(BlockId id) const { return blocks_[raw(id)]; }
  [[nodiscard]] std::byte* spare(PageId id) {
    return spare_ + (std::size_t{raw(id)} * spare_bytes_);
  }
  [[nodiscard]] const std::byte* spare(PageId id) const {
    return spare_ + (std::size_t{raw(id)} * spare_bytes_);
  }
  [[nodiscard]] std::uint32_t& checksum(FrameId id) { return checksums_[raw(id)]; }
  [[nodiscard]] std::uint32_t checksum(FrameId id) const { return checksums_[raw(id)]; }
  [[nodiscard]] std::byte* data(FrameId id) { return data_ + (std::size_t{raw(id)} * frame_bytes); }
  [[nodiscard]] const std::byte* data(FrameId id) const {
    return data_ + (std::size_t{raw(id)} * frame_bytes);
  }
  [[nodiscard]] bool torn(PageId id) const {
    return (static_cast<unsigned>(torn_[raw(id) / 8]) >> (raw(id) % 8) & 1u) != 0;
  }
  void set_torn(PageId id, bool torn);
  /// Of what is kept of the frame; fetching its data as well costs more than it saves.
  void prefetch(FrameId id) const { __builtin_prefetch(&checksums_[raw(id)]); }

  /// Makes sure of room for a block that is about to be programmed.
  /// `data`: false where the block holds patterns alone, which take none.
  void reserve(BlockId id, bool data = true);
  /// Gives back what the block's pages took; they are zero then.
  void release(BlockId id);

  [[nodiscard]] std::uint32_t spare_bytes() const { return spare_bytes_; }
  [[nodiscard]] bool is_new() const { return is_new_; }

 private:
  struct Layout;
  void open_image(const Layout& layout);
  /// Nothing is in it: it is new, or the process that made it was killed at once.
  [[nodiscard]] bool is_unfinished(const Layout& layout, std::uint64_t bytes) const;
  void check_header(const Layout& layout, std::uint64_t bytes);
  void zero(std::byte* from, std::size_t bytes, bool give_back);
  [[noreturn]] void refuse(const std::string& why) const;

  Geometry geometry_;
  std::uint32_t spare_bytes_;
  std::string image_;
  ImageUse use_;
  int file_ = -1;
  bool is_new_ = true;
  std::byte* base_ = nullptr;
  std::size_t bytes_ = 0;
  BlockRecord* blocks_ = nullptr;
  std::uint8_t* torn_ = nullptr;
  std::byte* spare_ = nullptr;
  std::uint32_t* checksums_ = nullptr;
  std::byte* data_ = nullptr;
};

}  // namespace kilburn::nand
