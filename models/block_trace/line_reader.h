// What the readers of all formats share: a line is an I/O or is passed over, time counts from the
// first I/O, volumes are numbered.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "block_trace/block_trace.h"
#include "block_trace/lines.h"
#include "block_trace/volume_names.h"
#include "trace/input.h"

namespace kilburn::block_trace {

/// What one line asks for.
struct Request {
  BlockIo::Kind kind = BlockIo::Kind::read;
  std::uint64_t time_ns = 0;  ///< since whatever the format counts from
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::string_view volume;
  bool flush_first = false;  ///< an I/O of its own, before this one
  bool force_unit_access = false;
};

class LineReader : public Reader {
 public:
  [[nodiscard]] std::optional<BlockIo> next() final;
  [[nodiscard]] const std::string& format() const final { return format_; }
  [[nodiscard]] std::uint64_t line() const final { return lines_.number(); }
  [[nodiscard]] const std::vector<std::string>& volumes() const final { return names_.names(); }
  [[nodiscard]] const Counts& counts() const final { return counts_; }

 protected:
  LineReader(std::unique_ptr<trace::Input> input, std::string_view format);

 private:
  /// Nothing for a line that is no I/O and may stand there. The line is not blank. Throws BadLine.
  [[nodiscard]] virtual std::optional<Request> parse(std::string_view line) = 0;
  /// What to add to the message that there is no I/O at all.
  [[nodiscard]] virtual std::string why_none() const { return {}; }

  /// Nothing where it moves nothing.
  [[nodiscard]] std::optional<BlockIo> take(const Request& request);
  /// Time since the first I/O, which does not go back.
  [[nodiscard]] std::uint64_t since_first(std::uint64_t time_ns);

  Lines lines_;
  std::string format_;
  VolumeNames names_;
  Counts counts_;
  std::optional<BlockIo> second_;       ///< of the line that was read last, not yet given
  std::optional<std::uint64_t> first_;  ///< time of the first I/O
  std::uint64_t latest_ = 0;            ///< time of the latest I/O
};

}  // namespace kilburn::block_trace
