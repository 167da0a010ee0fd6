// I/O logs of fio, versions 2 and 3.
//
//     fio version 3 iolog
//     17 /dev/sdb add                  time (microseconds), file, action
//     180 /dev/sdb write 12288 4096    time, file, action, offset, length (bytes)
//
// Version 2 has no times, but `wait` lines. Source: fio(1), TRACE FILE FORMAT. The unit of the
// times is not told there: it is what fio 3.33 writes and waits for.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "block_trace/line_reader.h"

namespace kilburn::block_trace {

/// Of the first line that is not blank.
[[nodiscard]] bool looks_like_iolog(std::string_view line);

/// The line of the version may come again, as where logs were joined. A file need not have been
/// added and opened, so that a piece of a log can be read, too.
class IologReader final : public LineReader {
 public:
  explicit IologReader(std::unique_ptr<trace::Input> input)
      : LineReader(std::move(input), "fio iolog") {}

 private:
  enum class Version : std::uint8_t { without_times = 2, with_times = 3 };

  [[nodiscard]] std::optional<Request> parse(std::string_view line) override;
  [[nodiscard]] static Version version_of(std::string_view line);
  void wait(std::string_view microseconds);

  Version version_ = Version::with_times;
  std::uint64_t waited_ns_ = 0;  ///< by the waits of version 2
};

}  // namespace kilburn::block_trace
