// Puts the fetches, loads and stores of a recorded program in program order.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "trace/recorder/ring.h"
#include "trace/trace.h"

namespace kilburn::trace {

/// The plugin reports a translation block when it begins and data accesses with the number of their
/// instruction. From that, this makes records: each instruction's fetch, then its accesses. Of a
/// block left early (a fault, a signal) it makes the fetches of all instructions.
class AccessAssembler {
 public:
  /// Takes one chunk of the ring; its records wait in batch().
  void add(ChunkHeader header, std::span<const std::uint64_t> words);
  /// The fetches of the blocks still open: call at the end of the program.
  void close();
  [[nodiscard]] Batch batch() const {
    return {.records = records_, .events = events_, .physical = {}};
  }
  void clear_batch() {
    records_.clear();
    events_.clear();
  }

 private:
  struct Block {
    std::vector<Record> fetches;
    bool last_repeats = false;  ///< its last instruction is a REP string instruction
  };
  struct Thread {
    const Block* block = nullptr;
    std::size_t next = 0;  ///< instruction of `block` not yet fetched
  };
  void define_block(std::span<const std::uint64_t> words);
  void begin_block(Thread& thread, std::uint8_t requester, std::uint64_t number);
  void fetch_up_to(Thread& thread, std::uint8_t requester, std::size_t end);

  std::deque<Block> blocks_;  ///< by number; threads point into it
  std::array<Thread, 256> threads_{};
  std::vector<Record> records_;
  std::vector<Event> events_;
};

}  // namespace kilburn::trace
