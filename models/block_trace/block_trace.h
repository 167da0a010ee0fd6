// Block I/O traces of real systems: what they asked of their drives, where and when.
#pragma once

#include <cstdint>
#include <istream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kilburn::block_trace {

/// One I/O, whatever the format: {read, at_ns 1'541'000, offset 4096, bytes 8192, volume 0}.
struct BlockIo {
  enum class Kind : std::uint8_t { read, write, flush, deallocate };

  Kind kind = Kind::read;
  std::uint64_t at_ns = 0;   ///< since the first I/O; never before that of the I/O before
  std::uint64_t offset = 0;  ///< bytes; of a flush 0
  std::uint64_t bytes = 0;   ///< of a flush 0, otherwise at least 1; ends within max_volume_bytes
  std::uint32_t volume = 0;  ///< which of Reader::volumes()
  bool force_unit_access = false;  ///< a write that is durable when it is answered

  bool operator==(const BlockIo&) const = default;
};

/// What Linux can address: offsets are signed there.
inline constexpr std::uint64_t max_volume_bytes = std::uint64_t{1} << 63;

/// Reads a trace from front to back. Memory does not grow with it, but for the volumes' names.
class Reader {
 public:
  struct Counts {
    std::uint64_t ios = 0;    ///< given
    std::uint64_t empty = 0;  ///< of no bytes, and so passed over
    std::uint64_t late = 0;   ///< recorded as before the I/O that stands before them
  };

  Reader() = default;
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;
  virtual ~Reader() = default;

  /// Nothing at the end. Throws InputError that names file and line, and what is allowed there; so
  /// it does at the end of a file without any I/O.
  [[nodiscard]] virtual std::optional<BlockIo> next() = 0;
  /// With the compression: "MSR-Cambridge CSV, gzip".
  [[nodiscard]] virtual const std::string& format() const = 0;
  /// Of the line that was read last, from 1; 0 before the first.
  [[nodiscard]] virtual std::uint64_t line() const = 0;
  /// Names of the volumes that I/O went to so far, in the order of their first: "hm,1" (host and
  /// disk), "8,0" (device), "/dev/nvme0n1" (file).
  [[nodiscard]] virtual const std::vector<std::string>& volumes() const = 0;
  [[nodiscard]] virtual const Counts& counts() const = 0;
};

/// Which lines of blkparse's text are I/O. A stream cannot be searched for one kind first, so the
/// caller says.
enum class BlkparseAction : std::uint8_t {
  dispatched,  ///< D: what the driver got, and when: merged, and each flush a request of its own
  queued       ///< Q: what was asked of the block layer; devices without a request queue have no D
};

struct OpenOptions {
  BlkparseAction blkparse_action = BlkparseAction::dispatched;
};

/// Recognises format and compression by content; "-" is standard input, and a pipe will do. Throws
/// InputError that names the file, and the known formats where it has none of them.
[[nodiscard]] std::unique_ptr<Reader> open(const std::string& path, OpenOptions options = {});

/// The same of what the stream holds; `name` stands for it in messages.
[[nodiscard]] std::unique_ptr<Reader> open(std::unique_ptr<std::istream> stream,
                                           const std::string& name, OpenOptions options = {});

}  // namespace kilburn::block_trace
