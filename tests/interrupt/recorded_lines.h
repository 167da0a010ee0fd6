// A hart's interrupt lines as a test sees them.
#pragma once

#include <gtest/gtest.h>

#include <map>

#include "common/interrupt_line.h"

namespace kilburn::interrupt::testing {

class RecordedLines final : public InterruptSink {
 public:
  void set(unsigned line, bool level) override {
    EXPECT_NE(levels_[line], level) << "line " << line << ": drivers call on changes only";
    levels_[line] = level;
    ++changes;
  }
  bool operator[](unsigned line) const {
    const auto found = levels_.find(line);
    return found != levels_.end() && found->second;
  }
  unsigned changes = 0;

 private:
  std::map<unsigned, bool> levels_;
};

}  // namespace kilburn::interrupt::testing
