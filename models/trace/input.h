// The bytes of a trace file, decompressed where it is gzip or xz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trace/decompressor.h"

namespace kilburn::trace {

/// The file's bytes as they are; "-" is standard input. Throws InputError that names the file.
[[nodiscard]] std::unique_ptr<std::istream> open_stream(const std::filesystem::path& path);

/// Reads from front to back and never goes back, so that a pipe will do.
class Input {
 public:
  /// Recognises the compression. `name` stands for the file in messages; `start` has been read of
  /// the stream before.
  Input(std::unique_ptr<std::istream> stream, std::string name, std::string_view start = {});

  /// Fills `to` but for the end of the file. Damaged or truncated compressed data throws InputError
  /// that names the byte of the file.
  [[nodiscard]] std::size_t read(std::span<std::byte> to);
  /// Up to `count` bytes that the next read() will return.
  [[nodiscard]] std::span<const std::byte> peek(std::size_t count);
  [[nodiscard]] const std::string& name() const { return name_; }
  /// "", "gzip" or "xz".
  [[nodiscard]] const std::string& compression() const { return compression_; }

 private:
  [[nodiscard]] std::size_t read_through(std::span<std::byte> to);
  [[nodiscard]] std::span<const std::byte> raw() const { return std::span(raw_).subspan(taken_); }
  void refill();
  void take(std::size_t bytes);

  std::unique_ptr<std::istream> stream_;
  std::string name_;
  std::string compression_;
  std::unique_ptr<Decompressor> decompressor_;
  std::vector<std::byte> raw_;     ///< of the file
  std::size_t taken_ = 0;          ///< of raw_
  std::uint64_t offset_ = 0;       ///< of the file: bytes taken altogether
  bool at_end_ = false;            ///< nothing follows raw_
  std::vector<std::byte> peeked_;  ///< read ahead, not yet returned
};

}  // namespace kilburn::trace
