// Layout of a Kilburn trace file (.ktrace): header, blocks, index, footer. All little-endian.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <boost/crc.hpp>

namespace kilburn::trace {

/// A byte that is no ASCII, and the line ends that text-mode copies would change (as PNG does).
inline constexpr std::array<char, 8> file_magic = {'\x8B', 'K', 'T', 'R', 'C', '\r', '\n', '\x1A'};
inline constexpr std::uint16_t file_version = 1;
/// Of a file with an order of first touches, which programs that know version 1 only cannot read.
inline constexpr std::uint16_t file_version_touch_order = 2;
inline constexpr std::uint16_t flag_physical = 1;
inline constexpr std::uint16_t flag_touch_order = 2;

/// Followed by the metadata (a JSON object of strings) and a CRC-32 of both.
struct FileHeader {
  std::array<char, 8> magic = file_magic;
  std::uint16_t version = file_version;
  std::uint16_t flags = 0;
  std::uint32_t metadata_bytes = 0;
};
static_assert(sizeof(FileHeader) == 16);
inline constexpr std::uint32_t max_metadata_bytes = 1u << 20;

/// Followed by one zstd frame with its own checksum.
struct BlockHeader {
  std::uint32_t magic = 0x4B4C424B;  // "KBLK"
  std::uint32_t number = 0;
  std::uint32_t compressed_bytes = 0;
  std::uint32_t content_bytes = 0;
  std::uint64_t first_record = 0;
  std::uint32_t records = 0;
  std::uint32_t crc = 0;  ///< of the bytes before it
};
static_assert(sizeof(BlockHeader) == 32);

/// Counts (six 64-bit numbers), then an entry for each block, then, under flag_touch_order, a
/// TouchOrderHeader and one zstd frame, then metadata that was known at the end only (JSON, or
/// nothing), then a CRC-32 of all of it.
struct IndexHeader {
  std::uint32_t magic = 0x5844494B;  // "KIDX"
  std::uint32_t blocks = 0;
};
struct IndexEntry {
  std::uint64_t offset = 0;  ///< of the block's header in the file
  std::uint64_t first_record = 0;
};

/// The order of first touches before the first record, as touch_order.h encodes it.
struct TouchOrderHeader {
  std::uint32_t compressed_bytes = 0;
  std::uint32_t content_bytes = 0;
};
static_assert(sizeof(TouchOrderHeader) == 8);
inline constexpr std::uint32_t max_touch_order_bytes = 1u << 28;

/// The last bytes of a finished file.
struct Footer {
  std::uint64_t index_offset = 0;
  std::uint32_t index_bytes = 0;
  std::uint32_t magic = 0x444E454B;  // "KEND"
};
static_assert(sizeof(Footer) == 16);

[[nodiscard]] inline std::uint32_t crc32(std::span<const std::byte> bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}
[[nodiscard]] inline std::uint32_t header_crc(const BlockHeader& header) {
  return crc32(std::as_bytes(std::span(&header, 1)).first(sizeof header - sizeof header.crc));
}

}  // namespace kilburn::trace
