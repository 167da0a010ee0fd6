// The lines of a text file, plain or compressed, one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "trace/input.h"

namespace kilburn::block_trace {

/// Longer ones are refused: no format needs them, and a file without line ends would fill memory.
inline constexpr std::size_t longest_line = 8192;

class Lines {
 public:
  explicit Lines(std::unique_ptr<trace::Input> input) : input_(std::move(input)) {}

  /// Without its end, "\n" or "\r\n"; it stays until the next call. Nothing at the end of the file.
  [[nodiscard]] std::optional<std::string_view> next();
  /// Of the line that was read last, from 1.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] const std::string& file() const { return input_->name(); }
  [[nodiscard]] const std::string& compression() const { return input_->compression(); }

 private:
  /// False at the end of the file.
  [[nodiscard]] bool read_more();

  std::unique_ptr<trace::Input> input_;
  std::string text_;      ///< read, and from `next_` not yet given
  std::size_t next_ = 0;  ///< where the next line begins
  std::uint64_t number_ = 0;
};

}  // namespace kilburn::block_trace
