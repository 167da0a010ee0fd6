// The text that blkparse makes of what blktrace recorded, in its default format.
//
//       8,0    3        1     0.000000000   697  D  WS 223490 + 8 [kjournald]
//     device  cpu  sequence    seconds      pid  |  |  sector + sectors
//                                           action  RWBS
//
// Source: blkparse(1), DEFAULT OUTPUT; RWBS as blkparse_fmt.c fills it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "block_trace/line_reader.h"

namespace kilburn::block_trace {

/// Of the first line that begins with a digit, blanks aside.
[[nodiscard]] bool looks_like_blkparse(std::string_view line);

/// Lines of other actions are passed over, and lines that begin with a letter: blkparse's summary.
class BlkparseReader final : public LineReader {
 public:
  BlkparseReader(std::unique_ptr<trace::Input> input, BlkparseAction action)
      : LineReader(std::move(input), "blkparse text"), action_(action) {}

 private:
  [[nodiscard]] std::optional<Request> parse(std::string_view line) override;
  [[nodiscard]] std::string why_none() const override;

  BlkparseAction action_;
  std::uint64_t others_ = 0;  ///< lines of the action that was not asked for
};

}  // namespace kilburn::block_trace
