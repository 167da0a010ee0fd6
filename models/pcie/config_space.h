// Configuration space of a PCI Express function: 4 KiB of registers with what software may write of
// each, and lists of capabilities. Registers: sw/include/kilburn/pcie.h.
// Source: PCI Express Base Specification 5.0, chapter 7.5.
#pragma once

#include <array>
#include <cstdint>

#include "kilburn/pcie.h"

namespace kilburn::pcie {

/// What a function is: PCI's numbers for it.
struct Identity {
  std::uint16_t vendor = 0x1b36;  ///< Red Hat's, as QEMU's own functions
  std::uint16_t device = 0;
  std::uint32_t class_code = 0;  ///< class << 16 | subclass << 8 | interface
  std::uint8_t revision = 0;
  std::uint16_t subsystem_vendor = 0x1af4;
  std::uint16_t subsystem = 0x1100;
};

/// Bytes, each bit of which is read-only, written, or cleared by writing one. Registers are little
/// endian. Reads and writes have no effects here: the function looks at what has changed.
class ConfigSpace {
 public:
  explicit ConfigSpace(const Identity& identity);

  /// `length`: 1, 2 or 4, which divides `offset`; beyond the space there is nothing.
  [[nodiscard]] std::uint32_t read(unsigned offset, unsigned length) const;
  void write(unsigned offset, unsigned length, std::uint32_t value);

  /// As the function itself sees and sets it, whatever software may do.
  [[nodiscard]] std::uint32_t get(unsigned offset, unsigned length) const {
    return read(offset, length);
  }
  void set(unsigned offset, unsigned length, std::uint32_t value);
  /// The same for good: a reset leaves it.
  void fix(unsigned offset, unsigned length, std::uint32_t value);
  /// Bits that software may write, and those that it clears by writing one.
  void allow(unsigned offset, unsigned length, std::uint32_t writable,
             std::uint32_t write_one_to_clear = 0);

  /// Room for a capability of `bytes` at the end of the list; returns where it begins. There is
  /// room: functions have few.
  unsigned add_capability(std::uint8_t id, unsigned bytes);
  unsigned add_extended_capability(std::uint16_t id, std::uint8_t version, unsigned bytes);

  /// All that software has written is as at first, but for what resets do not touch.
  void reset();
  /// What has been set so far is what a reset restores.
  void complete() { initial_ = bytes_; }

 private:
  using Bytes = std::array<std::uint8_t, PCIE_CONFIG_BYTES>;
  Bytes bytes_{};
  Bytes initial_{};
  Bytes writable_{};
  Bytes clearable_{};
  unsigned last_capability_ = 0;     ///< 0: none
  unsigned next_capability_ = 0x40;  ///< behind the header
  unsigned last_extended_ = 0;       ///< 0: none
  unsigned next_extended_ = 0x100;
};

}  // namespace kilburn::pcie
