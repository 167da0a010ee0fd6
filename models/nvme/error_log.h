// Error information log: the last commands that ended with an error, the newest first.
// Source: NVM Express 1.4, chapter 5.14.1.1.
#pragma once

#include <cstdint>
#include <vector>

#include "nvme/structure.h"

namespace kilburn::nvme {

struct ErrorEntry {
  std::uint64_t count = 0;
  std::uint16_t queue = 0;
  std::uint16_t command = 0;
  std::uint16_t status = 0;  ///< with the phase bit's place, as in a completion
  std::uint64_t lba = 0;
  std::uint32_t nsid = 0;
};

class ErrorLog {
 public:
  explicit ErrorLog(unsigned entries) : entries_(entries) {}
  void add(ErrorEntry entry) {
    entry.count = ++count_;
    entries_[(count_ - 1) % entries_.size()] = entry;
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] Structure page() const;

 private:
  std::vector<ErrorEntry> entries_;
  std::uint64_t count_ = 0;
};

}  // namespace kilburn::nvme
