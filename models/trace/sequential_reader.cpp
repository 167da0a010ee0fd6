#include "trace/sequential_reader.h"

#include <fmt/format.h>

#include "common/error.h"

namespace kilburn::trace {

Batch SequentialReader::next() {
  for (;;) {
    records_.clear();
    read(records_);
    const std::uint64_t first = position_;
    position_ += records_.size();
    if (records_.empty()) return {};
    if (position_ <= wanted_) continue;
    const std::span<const Record> batch = std::span(records_).subspan(wanted_ - first);
    wanted_ = position_;
    return {.records = batch, .events = {}, .physical = {}};
  }
}

void SequentialReader::seek(std::uint64_t record) {
  if (record < wanted_) {
    throw InputError(
        fmt::format("{}: cannot go back from record {} to {}: {} has no index (`kilburn trace "
                    "convert` adds one)",
                    description_.file, wanted_, record, description_.format));
  }
  wanted_ = record;
}

}  // namespace kilburn::trace
