// Text traces of valgrind's lackey tool (--tool=lackey --trace-mem=yes), and the same text of ours.
//
//     I  04001e9b,3        fetch: address (hexadecimal), size (decimal)
//      L 1ffeffe7e,8       load
//      S 1ffeffe80,8       store
//      M 0421d7cc,4        modify: a load, then a store
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trace/input.h"
#include "trace/sequential_reader.h"
#include "trace/trace.h"

namespace kilburn::trace {

/// Why `text`, the first bytes of a file, is no lackey trace; empty where it may be one.
[[nodiscard]] std::string lackey_objection(std::string_view text);

/// Lines of valgrind's own ("==pid== ..."), superblock lines ("SB ...") and empty lines are
/// skipped. An access of more than 64 bytes becomes several.
class LackeyReader final : public SequentialReader {
 public:
  explicit LackeyReader(std::unique_ptr<Input> input);

 private:
  void read(std::vector<Record>& records) override;
  /// False at the end of the file.
  [[nodiscard]] bool read_more();

  std::unique_ptr<Input> input_;
  std::string text_;  ///< read, and from `next_` not yet parsed
  std::size_t next_ = 0;
  std::uint64_t line_ = 0;    ///< lines parsed
  std::uint64_t offset_ = 0;  ///< bytes before text_
  bool at_end_ = false;
};

}  // namespace kilburn::trace
