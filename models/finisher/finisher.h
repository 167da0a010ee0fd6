// SiFive test finisher: the register by which software ends or restarts the run.
// Registers: sw/include/kilburn/finisher.h.
// Source: QEMU 7.2 (sifive_test); Linux, syscon-poweroff and syscon-reboot.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "common/types.h"
#include "device/end.h"
#include "kilburn/finisher.h"

namespace kilburn::finisher {

using device::End;

/// Modelled: pass, fail with a code, reset. Other values do nothing. What an end means is the
/// board's: it gets it by the callback, at the time of the write.
class Finisher {
 public:
  explicit Finisher(std::function<void(const End&)> finished) : finished_(std::move(finished)) {}

  /// A write to FINISHER_COMMAND.
  void write(std::uint32_t value, Cycles now);

 private:
  std::function<void(const End&)> finished_;
};

}  // namespace kilburn::finisher
