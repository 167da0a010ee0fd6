// Blocks of the array: which are free, being filled, closed or bad, and how much of each is valid.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "ftl/ftl_config.h"
#include "nand/array.h"

namespace kilburn::ftl {

/// Who fills a block: units of the host and those that the collection moves are not mixed.
enum class Stream : std::uint8_t { host, collection };
inline constexpr std::size_t streams = 2;

struct Block {
  enum class State : std::uint8_t { free, open, closed, metadata, bad };
  State state = State::free;
  bool erasing = false;          ///< free, but its erase is still under way
  std::uint32_t valid = 0;       ///< frames that the maps point at
  std::uint64_t last_write = 0;  ///< sequence of its newest page
};

/// Modelled: a pool for each plane; the next page of each stream's open block; dynamic wear
/// levelling (the least worn free block is opened); the choice of victims, and static wear
/// levelling. Metadata takes blocks from the plane that has most. A block that is still being
/// erased is not given to the host, whose programs might overtake the erase.
class BlockPool {
 public:
  BlockPool(const FtlConfig& config, const nand::Array& array);

  [[nodiscard]] Block& operator[](nand::BlockId id) { return blocks_[raw(id)]; }
  [[nodiscard]] const Block& operator[](nand::BlockId id) const { return blocks_[raw(id)]; }

  /// The next page of the stream in that plane; nothing where no block can be opened.
  [[nodiscard]] std::optional<nand::PageId> next_page(Stream stream, nand::PlaneId plane);
  /// The page has been programmed, well or not.
  void advance(Stream stream, nand::PageId page);
  /// No more pages of the stream's open block are programmed.
  void close(Stream stream, nand::PlaneId plane);
  /// A block for metadata.
  [[nodiscard]] std::optional<nand::BlockId> take_for_metadata();

  void add_valid(nand::FrameId frame) { ++blocks_[raw(geometry_.block(frame))].valid; }
  void drop_valid(nand::FrameId frame) { --blocks_[raw(geometry_.block(frame))].valid; }

  [[nodiscard]] bool wants_collection(nand::PlaneId plane) const {
    return free_[raw(plane)].size() <= collect_at_ || short_of_blocks();
  }
  /// The block whose collection is worth most; nothing where none gains anything.
  [[nodiscard]] std::optional<nand::BlockId> victim(nand::PlaneId plane, std::uint64_t now) const;
  /// The least worn closed block, where its plane's wear is too uneven; needs a free block.
  [[nodiscard]] std::optional<nand::BlockId> cold_block(nand::PlaneId plane) const;
  /// Frames that the collection can program in that plane.
  [[nodiscard]] std::uint32_t room_for_collection(nand::PlaneId plane) const;

  void set_free(nand::BlockId id, bool erasing);
  void set_bad(nand::BlockId id);
  /// A free block that the caller has filled, or is about to; closed.
  [[nodiscard]] nand::BlockId take_filled(nand::PlaneId plane);
  /// After a recovery: it holds metadata.
  void set_metadata(nand::BlockId id) {
    (*this)[id].state = Block::State::metadata;
    ++metadata_;
  }
  /// After a recovery: the block goes on being filled, where its plane's stream has none.
  void reopen(nand::BlockId id);

  [[nodiscard]] std::uint32_t good_blocks() const { return good_; }
  [[nodiscard]] std::uint32_t free_blocks() const { return free_count_; }
  /// A block for metadata has been given back.
  void metadata_returned() { --metadata_; }
  [[nodiscard]] const std::vector<nand::BlockId>& free_of(nand::PlaneId plane) const {
    return free_[raw(plane)];
  }
  [[nodiscard]] std::vector<nand::BlockId>& raw_free_of(nand::PlaneId plane) {
    return free_[raw(plane)];
  }
  [[nodiscard]] std::optional<nand::BlockId> open_of(Stream stream, nand::PlaneId plane) const;

 private:
  struct Open {
    nand::BlockId block{};
    std::uint32_t page = 0;  ///< the next one
    bool valid = false;
  };
  [[nodiscard]] Open& open(Stream stream, nand::PlaneId plane) {
    return open_[static_cast<std::size_t>(stream)][raw(plane)];
  }
  /// Free blocks that the host must leave: one in each plane for its collection, and what metadata
  /// may still want.
  [[nodiscard]] std::uint32_t floor() const {
    return static_cast<std::uint32_t>(free_.size()) +
           (metadata_reserve_ > metadata_ ? metadata_reserve_ - metadata_ : 0);
  }
  [[nodiscard]] bool short_of_blocks() const {
    return free_count_ <= floor() + static_cast<std::uint32_t>(free_.size());
  }
  /// The least or the most worn of those that may be taken.
  [[nodiscard]] std::optional<nand::BlockId> take_free(nand::PlaneId plane, bool with_erasing,
                                                       bool most_worn = false);

  nand::Geometry geometry_;
  const nand::Array& array_;
  VictimPolicy policy_;
  std::uint32_t collect_at_;
  std::uint32_t wear_difference_;
  std::vector<Block> blocks_;
  std::vector<std::vector<nand::BlockId>> free_;  ///< by plane
  std::array<std::vector<Open>, streams> open_;   ///< by plane
  std::uint32_t good_ = 0;
  std::uint32_t free_count_ = 0;
  std::uint32_t metadata_ = 0;  ///< blocks that it has
  std::uint32_t metadata_reserve_;
};

}  // namespace kilburn::ftl
