// What a hart's registers reach of its external interrupt controller: an IMSIC's interrupt files,
// or the priorities of an APLIC that delivers directly. Source: RISC-V Advanced Interrupt
// Architecture 1.0, chapters 2 and 3.
#pragma once

#include <cstdint>

namespace kilburn {

/// Numbers of a hart's interrupt files.
namespace interrupt_file {
inline constexpr unsigned machine = 0;
inline constexpr unsigned supervisor = 1;
/// `number`: VGEIN, from 1.
[[nodiscard]] constexpr unsigned guest(unsigned number) {
  return supervisor + number;
}
}  // namespace interrupt_file

/// Of one hart. An APLIC has no files, and implements `priority` alone.
class ExternalInterrupts {
 public:
  virtual ~ExternalInterrupts() = default;
  /// Priority number of the interrupt that is signalled at the file's level: the least of those
  /// pending and enabled; 0: there is none.
  [[nodiscard]] virtual unsigned priority(unsigned file) const = 0;

  [[nodiscard]] virtual bool has_file(unsigned /*file*/) const { return false; }
  // Of a file that is there.
  /// What mtopei, stopei or vstopei reads: identity in bits 26:16 and 10:0; 0: none.
  [[nodiscard]] virtual std::uint32_t top(unsigned /*file*/) const { return 0; }
  /// A write to that register: clears the pending bit of what it reads.
  virtual void claim(unsigned /*file*/) {}
  /// The indirect register `select`, 0x70 to 0xFF, even where it is an array's.
  [[nodiscard]] virtual std::uint64_t read(unsigned /*file*/, unsigned /*select*/) const {
    return 0;
  }
  virtual void write(unsigned /*file*/, unsigned /*select*/, std::uint64_t /*value*/) {}
};

}  // namespace kilburn
