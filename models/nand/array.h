// The cells of NAND flash: what pages hold, the rules by which they are programmed and erased, and
// what becomes of them when power is cut.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "nand/faults.h"
#include "nand/geometry.h"
#include "nand/store.h"

namespace kilburn::nand {

/// What a frame is programmed with.
struct FrameSource {
  enum class Kind : std::uint8_t {
    data,     ///< `bytes`, stored
    pattern,  ///< nothing is stored: the owner computes the bytes from what the frame is
    lost,     ///< unreadable from the start: the copy of a frame that could not be read
  };
  Kind kind = Kind::data;
  std::span<const std::byte> bytes = {};  ///< frame_bytes, of data
};

enum class FrameState : std::uint8_t {
  good,
  pattern,
  unreadable,  ///< the error correction gives up
  torn,        ///< power was cut, or the program failed: neither data nor spare bytes mean anything
  erased,
};

struct FrameView {
  FrameState state = FrameState::erased;
  std::span<const std::byte> bytes = {};  ///< of good; until the block is erased
};

enum class ProgramEnd : std::uint8_t {
  done,
  failed,        ///< the page is torn; earlier pages of its block are not
  not_in_order,  ///< not the block's next page, or the block is bad: nothing has changed
};

/// Thrown where power is cut: the array is as it was at that moment, and waits for a new owner.
struct PowerCut {};

/// Modelled: pages of a block are programmed in order and once between erases; spare bytes, which
/// are better protected than data and read well wherever the page is not torn; erase counts;
/// factory and grown bad blocks; failures by rate and address; power cuts at any program or erase,
/// which leave that page or block torn. Not modelled: read disturb, retention, wear beyond its
/// count, cells of several bits. Time: none; Timing has it. An operation takes effect when it is
/// called. Errors: by value.
/// Stores are ordered so that a process killed between any two of them leaves a page whole or torn.
class Array {
 public:
  /// `spare_bytes`: of each page. `image`: file, or empty.
  Array(const Geometry& geometry, const FaultConfig& faults, std::uint32_t spare_bytes,
        const std::string& image = "", ImageUse use = ImageUse::drive);

  [[nodiscard]] const Geometry& geometry() const { return geometry_; }
  [[nodiscard]] bool is_new() const { return store_.is_new(); }

  /// `frames`: of the page. `tag` is kept with the block's first page.
  [[nodiscard]] ProgramEnd program(PageId page, std::span<const FrameSource> frames,
                                   std::span<const std::byte> spare, std::uint64_t tag);
  /// False: the erase failed, and the pages are torn.
  [[nodiscard]] bool erase(BlockId block);
  void mark_bad(BlockId block);

  [[nodiscard]] FrameView read(FrameId frame) const {
    const PageId page = geometry_.page(frame);
    const BlockId block = geometry_.block(page);
    const BlockRecord& record = store_.block(block);
    if (geometry_.page_in_block(page) >= record.programmed) return {};
    if (torn(page)) return {FrameState::torn, {}};
    const std::uint32_t sum = store_.checksum(frame);
    if (sum == sum_of_lost || faults_.read_fails(frame, record.erases)) {
      return {FrameState::unreadable, {}};
    }
    if (sum == sum_of_pattern) return {FrameState::pattern, {}};
    return {FrameState::good, {store_.data(frame), frame_bytes}};
  }
  /// The frame is going to be read: the host's caches may fetch it meanwhile.
  void prefetch(FrameId frame) const { store_.prefetch(frame); }
  /// Of a frame that is programmed in the manner of metadata, as single bits: faults by rate and
  /// address do not reach it. Empty where the page is torn, or the bytes are not those that were
  /// programmed.
  [[nodiscard]] std::span<const std::byte> protected_bytes(FrameId frame) const;
  /// The data are those that were programmed. `read` does not look: it would double its cost.
  [[nodiscard]] bool verify(FrameId frame) const;

  /// Empty: not programmed, or torn.
  [[nodiscard]] std::span<const std::byte> spare(PageId page) const {
    if (geometry_.page_in_block(page) >= programmed(geometry_.block(page)) || torn(page)) return {};
    return {store_.spare(page), store_.spare_bytes()};
  }
  [[nodiscard]] std::uint64_t tag(BlockId block) const { return store_.block(block).tag; }
  /// Pages, from the first.
  [[nodiscard]] std::uint32_t programmed(BlockId block) const {
    return store_.block(block).programmed;
  }
  [[nodiscard]] bool torn(PageId page) const {
    return store_.torn(page) || interrupted(geometry_.block(page));
  }
  /// An erase of it did not end.
  [[nodiscard]] bool interrupted(BlockId block) const {
    return (store_.block(block).flags & flag_erasing) != 0;
  }
  [[nodiscard]] bool bad(BlockId block) const {
    return (store_.block(block).flags & flag_bad) != 0;
  }
  [[nodiscard]] std::uint32_t erases(BlockId block) const { return store_.block(block).erases; }

  [[nodiscard]] Faults& faults() { return faults_; }

  // For tests of power cuts and of the checker.
  /// Power fails with the `count`-th program, erase or bad mark from now; that one is done, or
  /// torn.
  void cut_power_at(std::uint64_t count, bool torn) { cut_ = Cut{count, torn}; }
  void restore_power() { cut_.reset(); }
  [[nodiscard]] std::uint64_t mutations() const { return mutations_; }
  /// Bytes behind the array's back.
  [[nodiscard]] Store& store() { return store_; }

  /// A state that is set up, not programmed: `pages` pages of patterns, from the first, of an
  /// erased block whose spare bytes the caller has written through `store`.
  void set_programmed(BlockId block, std::uint32_t pages, std::uint64_t tag);

 private:
  static constexpr std::uint8_t flag_bad = 1;
  static constexpr std::uint8_t flag_erasing = 2;
  static constexpr std::uint32_t sum_of_pattern = 0;
  static constexpr std::uint32_t sum_of_lost = 1;
  struct Cut {
    std::uint64_t count;
    bool torn;
  };

  /// Counts a mutation. True: it is the one in which power fails half way.
  bool begin_mutation();
  /// Throws where power fails after it.
  void end_mutation() const;
  [[nodiscard]] static std::uint32_t sum_of(std::span<const std::byte> bytes);

  Geometry geometry_;
  Store store_;
  Faults faults_;
  std::optional<Cut> cut_;
  std::uint64_t mutations_ = 0;
};

}  // namespace kilburn::nand
