// The layer's own pages in flash: a journal of what programmed pages do not say of themselves, and
// checkpoints of the maps.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "ftl/core.h"

namespace kilburn::ftl {

/// One change of the maps. 24 bytes, as in flash.
struct Record {
  enum class Kind : std::uint32_t {
    deallocate = 1,  ///< units [first, first + count)
    create,          ///< with `count` units, and `first` for its attributes
    remove,
    format,        ///< `first` is its attributes
    resize_begin,  ///< from `first` to `count` units: under way, the size is the old one
    resize,        ///< the size is `count` units
    attributes,    ///< are `first`
  };
  Sequence sequence = 0;
  Kind kind{};
  NamespaceId space = 0;
  Unit first = 0;
  Unit count = 0;
};
static_assert(sizeof(Record) == 24);

/// Before the records of a page.
struct JournalHeader {
  static constexpr std::uint64_t right_magic = 0x4C4E'524A'4C49'4BULL;  // "KILJRNL"
  std::uint64_t magic = right_magic;
  std::uint64_t count = 0;
};

/// First page of a checkpoint's last page: it is whole, so the checkpoint is.
struct Root {
  static constexpr std::uint64_t right_magic = 0x3254'4F4F'524C'494BULL;  // "KILROOT2"
  std::uint64_t magic = right_magic;
  Sequence covers = 0;  ///< everything up to it is in the maps
  std::uint32_t capacity = 0;
  std::uint32_t map_pages = 0;
  std::uint32_t spaces = 0;
  std::uint32_t good_blocks = 0;  ///< of the new drive
  std::uint64_t pattern_seed = 0;
  // Then a RootSpace for each, in the order of indices.
};
struct RootSpace {
  NamespaceId id = 0;
  std::uint32_t size = 0;
  Attributes attributes{};
};

/// Metadata blocks are one log: pages of journal and checkpoints in order of their sequence. A
/// checkpoint holds where each unit of each namespace lies, by namespace and LBA rather than by V2P
/// index, so that a resize is one record; then the root. Blocks before it are erased once the root
/// is in flash.
class Journal {
 public:
  explicit Journal(Core& core) : core_(core) {}

  /// Durable after the next `flush`. False: there was no block for a page.
  bool append(Record::Kind kind, NamespaceId space, Unit first, Unit count);
  /// Durable when it returns. False: there was no block for a page, and nothing has happened.
  bool commit(Record::Kind kind, NamespaceId space, Unit first, Unit count);
  /// Programs what is pending. Must be called before a block is erased, since the record that made
  /// its last unit invalid may be among it.
  bool flush();
  [[nodiscard]] bool pending() const { return !records_.empty(); }
  [[nodiscard]] bool checkpoint_due() const;
  bool checkpoint();

  /// After a recovery: the log's blocks in order; the last may go on.
  void restore(std::vector<nand::BlockId> blocks) { blocks_ = std::move(blocks); }
  [[nodiscard]] const std::vector<nand::BlockId>& blocks() const { return blocks_; }

 private:
  [[nodiscard]] std::size_t records_a_page() const {
    return (core_.geometry.page_bytes - sizeof(JournalHeader)) / sizeof(Record);
  }
  /// Programs `page_` as the log's next page.
  bool write(const Owner& owner, Purpose purpose);
  void write_root(Sequence covers, std::uint32_t map_pages, bool& good);

  Core& core_;
  std::vector<nand::BlockId> blocks_;
  std::vector<Record> records_;
  std::vector<std::byte> page_;
  std::uint64_t pages_since_checkpoint_ = 0;
};

}  // namespace kilburn::ftl
