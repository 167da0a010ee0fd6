// Where bytes that leave the machine go: a terminal, a file, a test.
#pragma once

#include <cstdint>

namespace kilburn::device {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void put(std::uint8_t byte) = 0;
};

}  // namespace kilburn::device
