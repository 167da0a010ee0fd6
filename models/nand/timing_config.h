// How long NAND flash and its buses take.
#pragma once

#include <cstdint>

#include "common/parameters.h"

namespace kilburn::nand {

using Nanoseconds = std::uint64_t;

struct TimingConfig {
  Nanoseconds read_ns = 75'000;
  Nanoseconds program_ns = 750'000;
  Nanoseconds erase_ns = 3'800'000;
  Nanoseconds command_ns = 200;
  std::uint32_t bus_megatransfers = 333;  ///< of 8 bits, a second
  bool multi_plane = false;
  bool cache_read = false;
  bool cache_program = false;
  std::uint32_t host_burst = 32;

  void visit(ParameterVisitor& v);

  /// On the bus. Example: 8192 bytes at 333 MT/s take 24601 ns.
  [[nodiscard]] Nanoseconds transfer_ns(std::uint64_t bytes) const {
    return ((bytes * 1000) + bus_megatransfers - 1) / bus_megatransfers;
  }
};

}  // namespace kilburn::nand
