// The state that the parts of the flash translation layer share, and the few ways to change flash.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ftl/block_pool.h"
#include "ftl/epochs.h"
#include "ftl/ftl_config.h"
#include "ftl/ftl_statistics.h"
#include "ftl/identity.h"
#include "ftl/namespace_map.h"
#include "ftl/write_buffer.h"
#include "nand/array.h"
#include "nand/timing.h"

namespace kilburn::ftl {

/// What an operation of the flash is for: comes back with its end.
struct Purpose {
  enum class Kind : std::uint8_t {
    request,       ///< read of request `index`
    fill,          ///< read of the rest of a unit; slot `index`
    program,       ///< of the write buffer; record `index`
    collect_read,  ///< of job `index`
    collect_program,
    erase,    ///< of block `index`
    journal,  ///< programmed; epoch, its low bits
    nothing,
  };
  Kind kind = Kind::nothing;
  std::uint32_t index = 0;

  [[nodiscard]] std::uint32_t word() const {
    return static_cast<std::uint32_t>(kind) << 29 | index;
  }
  [[nodiscard]] static Purpose of(std::uint32_t word) {
    return {static_cast<Kind>(word >> 29), word & 0x1FFF'FFFF};
  }
};

/// Contents change when a function is called, in the order of the calls; the time that it takes is
/// queued at the die. So a power cut leaves a prefix of the calls, and what was answered, which is
/// later, is within it.
struct Core {
  Core(const FtlConfig& ftl, const nand::TimingConfig& timing_config, nand::Array& cells);

  FtlConfig config;
  nand::Geometry geometry;
  Identity identity;
  nand::Array& array;
  nand::Timing timing;
  NamespaceMap map;
  BlockPool blocks;
  WriteBuffer buffer;
  Epochs epochs;
  FtlStatistics statistics;
  Sequence sequence = 0;  ///< the last that was given
  Nanoseconds now = 0;
  std::uint32_t needed_blocks = 0;  ///< with fewer good ones nothing can be written
  std::uint32_t first_good = 0;     ///< good blocks of the new drive
  std::uint32_t erases_under_way = 0;
  std::uint64_t programmed_since_checkpoint = 0;  ///< pages
  bool out_of_blocks = false;                     ///< metadata found no block
  std::vector<nand::BlockId> retired;             ///< bad, with data that are to be moved
  std::uint64_t pattern_seed = 0;                 ///< of preconditioned units

  [[nodiscard]] bool read_only() const {
    return out_of_blocks || blocks.good_blocks() < needed_blocks;
  }

  /// Programs the next page of the stream in that plane; nothing where it has no block left.
  /// Programs that fail are repeated elsewhere.
  std::optional<nand::PageId> program(Stream stream, nand::PlaneId plane,
                                      std::span<const Owner> owners,
                                      std::span<const nand::FrameSource> frames);
  /// The same of a given page of a block for metadata. False: it failed.
  bool program_metadata(nand::PageId page, const Owner& owner, std::span<const std::byte> bytes);
  /// Erases, and gives the block back to its pool once the die has done it.
  void erase(nand::BlockId block);
  /// No more is programmed there. What it holds is moved by the collection.
  void retire(nand::BlockId block);

  void queue_read(nand::PageId page, std::uint32_t frames, bool background, Purpose purpose);
  void queue_program(nand::PageId page, std::uint32_t frames, bool background, Purpose purpose);
  void queue_erase(nand::BlockId block, Purpose purpose);

  /// Where the unit lies in flash, also while newer data are buffered.
  [[nodiscard]] Entry flash_entry(NamespaceId space, Unit unit) const {
    const Entry entry = map.at(space, unit);
    return entry.buffered() ? buffer[entry.slot()].flash : entry;
  }
  /// The frame holds what its owner would have after a power cut.
  [[nodiscard]] bool newest(const Owner& owner, nand::FrameId frame) const {
    return owner.space != 0 && map.contains(owner.space) && owner.unit < map[owner.space].size &&
           flash_entry(owner.space, owner.unit) == Entry::in_flash(frame);
  }
  /// `owner`'s frame has been copied.
  void move_unit(const Owner& owner, nand::FrameId from, nand::FrameId to);

  /// Bytes of a frame that holds a pattern: of the preconditioned unit.
  static void pattern(const Owner& owner, std::uint64_t seed, std::span<std::byte> bytes);

 private:
  [[nodiscard]] nand::Operation operation(nand::PageId page, std::uint32_t frames) const;
  std::vector<std::byte> spare_;
  std::vector<Owner> metadata_owners_;
  std::vector<nand::FrameSource> metadata_frames_;
};

}  // namespace kilburn::ftl
