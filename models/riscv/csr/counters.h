// The counters of a hart: mcycle and minstret, as offsets to what the hart has counted.
// Source: RISC-V Privileged Architecture 1.12, 3.1.10 and 3.1.12.
#pragma once

#include <cstdint>

namespace kilburn::riscv {

/// What the hart has counted at the moment of an access.
struct CounterValues {
  std::uint64_t cycles = 0;
  std::uint64_t instructions = 0;  ///< retired before the one that accesses
  std::uint64_t time = 0;          ///< mtime, in ticks
};

/// A writable, inhibitable view of a number that only grows.
class Counter {
 public:
  [[nodiscard]] std::uint64_t value(std::uint64_t counted) const {
    return inhibited_ ? held_ : counted + held_;
  }
  void set(std::uint64_t value, std::uint64_t counted) {
    held_ = inhibited_ ? value : value - counted;
  }
  void inhibit(bool inhibited, std::uint64_t counted) {
    const std::uint64_t now = value(counted);
    inhibited_ = inhibited;
    set(now, counted);
  }
  [[nodiscard]] bool inhibited() const { return inhibited_; }

 private:
  bool inhibited_ = false;
  std::uint64_t held_ = 0;  ///< the value while inhibited, else what the count lacks to it
};

}  // namespace kilburn::riscv
