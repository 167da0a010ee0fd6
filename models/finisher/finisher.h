// SiFive test finisher: the register by which software ends or restarts the run.
// Registers: sw/include/kilburn/finisher.h.
// Source: QEMU 7.2 (sifive_test); Linux, syscon-poweroff and syscon-reboot.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "common/types.h"
#include "kilburn/finisher.h"

namespace kilburn::finisher {

struct Outcome {
  enum class Kind : std::uint8_t { pass, fail, reset } kind = Kind::pass;
  std::uint16_t code = 0;  ///< exit code of a failure, as software gave it; 0 otherwise
  Cycles when = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

/// Modelled: pass, fail with a code, reset. Other values do nothing. What an outcome means is the
/// board's: it gets it by the callback, at the time of the write.
class Finisher {
 public:
  explicit Finisher(std::function<void(const Outcome&)> finished)
      : finished_(std::move(finished)) {}

  /// A write to FINISHER_COMMAND.
  void write(std::uint32_t value, Cycles now);

 private:
  std::function<void(const Outcome&)> finished_;
};

}  // namespace kilburn::finisher
