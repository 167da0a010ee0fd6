// gzip and xz data, decompressed piece by piece as they come: from a file, a pipe, memory.
// Source: RFC 1952 (gzip); the .xz file format 1.1.0.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

namespace kilburn::trace {

/// What is wrong with compressed data; whoever reads the file says where.
class DamagedData : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file may hold several members (gzip) or streams (xz), one after the other, and end with
/// padding of zeros: that is how tapes and `cat` leave them, and how the programs gzip and xz read
/// them.
class Decompressor {
 public:
  struct Step {
    std::size_t taken = 0;  ///< bytes of the input
    std::size_t given = 0;  ///< bytes of the output
  };

  virtual ~Decompressor() = default;
  /// "gzip" or "xz".
  [[nodiscard]] virtual std::string name() const = 0;
  /// Decompresses some of `from` into `to`, neither empty but for the last: `last` says that
  /// nothing follows `from`. A step that takes and gives nothing, with room in `to`, is the end of
  /// the data. Throws DamagedData, also for data that end too early.
  virtual Step step(std::span<const std::byte> from, bool last, std::span<std::byte> to) = 0;
};

/// For data that begin with `first` (6 bytes are enough); null where they are not compressed.
[[nodiscard]] std::unique_ptr<Decompressor> make_decompressor(std::span<const std::byte> first);

}  // namespace kilburn::trace
