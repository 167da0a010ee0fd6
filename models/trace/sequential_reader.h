// What the readers of foreign formats share: no index, so a seek reads over what lies between.
#pragma once

#include <vector>

#include "trace/trace.h"

namespace kilburn::trace {

class SequentialReader : public Reader {
 public:
  Batch next() final;
  void seek(std::uint64_t record) final;
  [[nodiscard]] const Description& description() const final { return description_; }

 protected:
  static constexpr std::size_t batch_records = 2048;

  explicit SequentialReader(Description description) : description_(std::move(description)) {}
  /// Adds at least one record to `records`, about `batch_records` in all; none at the end.
  virtual void read(std::vector<Record>& records) = 0;

 private:
  Description description_;
  std::vector<Record> records_;
  std::uint64_t position_ = 0;  ///< of the next record that read() gives
  std::uint64_t wanted_ = 0;    ///< of the next record that next() gives
};

}  // namespace kilburn::trace
