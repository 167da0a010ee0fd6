// The block traces of Microsoft Research Cambridge (SNIA IOTTA 388): 36 volumes, one week.
//
//     Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime
//     128166372003061629,hm,1,Read,383496192,32768,113736
//
// Timestamp and ResponseTime in 100 ns (Windows file time), Offset and Size in bytes. Source: the
// README of the traces.
#pragma once

#include <memory>
#include <string_view>

#include "block_trace/line_reader.h"

namespace kilburn::block_trace {

/// Of the first line that is not blank.
[[nodiscard]] bool looks_like_msr(std::string_view line);

/// A line of the fields' names may stand anywhere. ResponseTime is not read.
class MsrReader final : public LineReader {
 public:
  explicit MsrReader(std::unique_ptr<trace::Input> input)
      : LineReader(std::move(input), "MSR-Cambridge CSV") {}

 private:
  [[nodiscard]] std::optional<Request> parse(std::string_view line) override;
};

}  // namespace kilburn::block_trace
