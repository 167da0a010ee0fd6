// Decoded blocks: straight runs of instructions of one physical page, decoded once.
#pragma once

#include <array>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <unordered_map>

#include "common/types.h"
#include "riscv/decode/instruction.h"

namespace kilburn::riscv {

inline constexpr unsigned most_instructions = 32;  ///< of a block

/// x registers, and one that takes what is written to x0.
inline constexpr std::uint8_t x_registers = 33;
inline constexpr std::uint8_t x_nowhere = 32;

/// The instruction as a block holds it: writes to x0 go to `x_nowhere`, and what is added to the pc
/// is added to the first address of its page instead.
[[nodiscard]] Instruction for_block(Instruction instruction, unsigned offset);

/// Ends at a control transfer or a system instruction (see `ends_block`), after most_instructions,
/// at the page's end, or before an instruction that crosses that end: a function of its first
/// address and of memory's content. `code` has `count` instructions, and block_end behind them
/// where the last one does not end the block.
struct Block {
  const Instruction* code = nullptr;
  Address line = 0;         ///< of the L1I, physical: the one that it begins in
  std::uint16_t first = 0;  ///< offset in its page
  std::uint16_t end = 0;    ///< behind its last instruction
  std::uint32_t count = 0;
  Block* taken = nullptr;  ///< where its jump or taken branch leads, in this page, once known
  Block* next = nullptr;   ///< where it leads otherwise
};

/// The blocks of one page. Held by harts that execute it, so that they may leave it in peace when
/// it has been dropped.
class CodePage : public boost::intrusive_ref_counter<CodePage, boost::thread_unsafe_counter> {
 public:
  /// `fetch_line_bytes`: of the harts' L1I; 0: they have none.
  explicit CodePage(const std::byte* host, PageNumber page = 0, Address fetch_line_bytes = 0)
      : host_(host), page_(page), fetch_line_bytes_(fetch_line_bytes) {}

  /// The block that begins at `offset`, decoded now if it was not; null where its first instruction
  /// crosses the page's end.
  Block* block(unsigned offset) {
    Block*& block = blocks_[offset / 2];
    if (block == nullptr) block = decode_block(offset);
    return block;
  }
  /// Memory has changed under one of the blocks: all of them are stale.
  [[nodiscard]] bool dropped() const { return dropped_; }
  /// Has any block an instruction in [offset, offset + bytes)?
  [[nodiscard]] bool decoded(unsigned offset, std::uint64_t bytes) const;
  void drop() { dropped_ = true; }

 private:
  static constexpr unsigned lines = page_bytes / line_bytes;
  Block* decode_block(unsigned offset);
  [[nodiscard]] FetchLines lines_of(unsigned offset, unsigned length, bool begins_block) const;

  const std::byte* host_;
  PageNumber page_;
  Address fetch_line_bytes_;
  bool dropped_ = false;
  std::uint64_t decoded_lines_ = 0;  ///< bit by line
  static_assert(lines == 64, "one word");
  std::array<Block*, page_bytes / 2> blocks_{};  ///< by offset / 2
  std::pmr::monotonic_buffer_resource arena_;
};

/// The pages with decoded blocks, of all harts of a platform: blocks do not depend on the hart.
class BlockCache {
 public:
  explicit BlockCache(Address fetch_line_bytes = 0) : fetch_line_bytes_(fetch_line_bytes) {}
  /// `host`: where the page lies.
  boost::intrusive_ptr<CodePage> page(PageNumber page, const std::byte* host);
  /// [address, address + bytes), within a page, has been written. Has the page blocks still?
  bool written(Address address, std::uint64_t bytes);

 private:
  Address fetch_line_bytes_;
  std::unordered_map<PageNumber, boost::intrusive_ptr<CodePage>> pages_;
  struct Recent {
    PageNumber page = ~PageNumber{0};
    CodePage* code = nullptr;
  };
  static constexpr std::size_t recent_pages = 1024;
  std::array<Recent, recent_pages> recent_{};  ///< by low bits of the page
};

}  // namespace kilburn::riscv
