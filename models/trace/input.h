// The bytes of a trace file, decompressed where it is gzip or xz.
#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <boost/iostreams/filtering_streambuf.hpp>

namespace kilburn::trace {

class Input {
 public:
  /// Recognises the compression. `name` stands for the file in messages.
  Input(std::unique_ptr<std::istream> stream, std::string name);

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
  void require_xz_footer();

  std::unique_ptr<std::istream> stream_;
  std::string name_;
  std::string compression_;
  boost::iostreams::filtering_istreambuf filter_;
  std::vector<std::byte> peeked_;  ///< read ahead, not yet returned
};

}  // namespace kilburn::trace
