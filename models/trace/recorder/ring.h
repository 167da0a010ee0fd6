// The memory that the recorder's plugin (within QEMU) and the recording process share: a ring of
// 64-bit words, in chunks. A chunk is a header and the words of one thread, or one translation
// block.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace kilburn::trace {

enum class ChunkKind : std::uint8_t {
  words = 1,  ///< what one thread did, in order: see Word
  block = 2,  ///< a translation block: its number, then two words an instruction, its address and
              ///< InstructionWord
};

/// Header word of a chunk.
struct ChunkHeader {
  ChunkKind kind = ChunkKind::words;
  std::uint8_t requester = 0;  ///< thread, modulo 256
  std::uint32_t words = 0;     ///< that follow

  [[nodiscard]] constexpr std::uint64_t pack() const {
    return std::uint64_t{words} << 32 | std::uint64_t{requester} << 8 |
           static_cast<std::uint64_t>(kind);
  }
  [[nodiscard]] static constexpr ChunkHeader unpack(std::uint64_t word) {
    return {static_cast<ChunkKind>(word & 0xFF), static_cast<std::uint8_t>(word >> 8),
            static_cast<std::uint32_t>(word >> 32)};
  }
};

/// Words of a thread. Bits 1..0 say which.
enum class Word : std::uint8_t {
  access = 0,  ///< see AccessWord
  block = 1,   ///< bits 63..2: number of the translation block that begins
  map = 2,     ///< bits 63..2: 4 KiB page; the next word: how many pages
  unmap = 3,   ///< the same
};

/// One load or store. Addresses of user programs have 48 significant bits.
struct AccessWord {
  static constexpr unsigned address_bits = 48;
  std::uint64_t address = 0;
  unsigned instruction = 0;  ///< within its translation block, below 1024
  unsigned log2_bytes = 0;
  bool store = false;

  [[nodiscard]] constexpr std::uint64_t pack() const {
    return address << 16 | std::uint64_t{log2_bytes} << 13 | std::uint64_t{store} << 12 |
           std::uint64_t{instruction} << 2 | static_cast<std::uint64_t>(Word::access);
  }
  [[nodiscard]] static constexpr AccessWord unpack(std::uint64_t word) {
    return {static_cast<std::uint64_t>(static_cast<std::int64_t>(word) >> 16),
            static_cast<unsigned>(word >> 2 & 0x3FF), static_cast<unsigned>(word >> 13 & 7),
            (word >> 12 & 1) != 0};
  }
};
inline constexpr unsigned max_block_instructions = 1024;

struct InstructionWord {
  std::uint8_t bytes = 0;
  bool repeats = false;  ///< an x86 string instruction with a REP prefix: a block of its own for
                         ///< each iteration, and yet one fetch

  [[nodiscard]] constexpr std::uint64_t pack() const {
    return std::uint64_t{bytes} | std::uint64_t{repeats} << 8;
  }
  [[nodiscard]] static constexpr InstructionWord unpack(std::uint64_t word) {
    return {static_cast<std::uint8_t>(word), (word >> 8 & 1) != 0};
  }
};

inline constexpr std::uint64_t ring_words = 1u << 18;  ///< 2 MiB: in the caches of both processes

struct Ring {
  alignas(64) std::atomic<std::uint64_t> written{0};  ///< words ever; the plugin's
  alignas(64) std::atomic<std::uint64_t> read{0};     ///< words ever; the recording process's
  alignas(64) std::atomic<bool> attached{false};      ///< the plugin has found the ring
  std::atomic<bool> finished{false};                  ///< the program ended; all is written
  std::atomic<bool> stop{false};                      ///< the recording wants no more
  std::atomic<std::uint32_t> threads{0};              ///< that the program has had, its first too
  std::atomic<std::uint32_t> children{0};             ///< processes that it forked
  alignas(64) std::uint64_t words[ring_words];
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
                  std::atomic<bool>::is_always_lock_free,
              "two processes share them");

}  // namespace kilburn::trace
