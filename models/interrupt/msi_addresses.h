// Where an APLIC's messages go: the registers of the root domain, and the address that they make of
// a hart's index. Source: RISC-V Advanced Interrupt Architecture 1.0, 4.5.3, 4.5.4 and 4.9.1.
#pragma once

#include <cstdint>

#include "common/types.h"
#include "kilburn/aplic.h"

namespace kilburn::interrupt {

/// mmsiaddrcfg, mmsiaddrcfgh, smsiaddrcfg and smsiaddrcfgh. All fields can be written until L is.
class MsiAddresses {
 public:
  [[nodiscard]] static bool has_register(unsigned offset) {
    return offset >= APLIC_MMSIADDRCFG && offset <= APLIC_SMSIADDRCFGH;
  }
  /// At one of the four offsets.
  [[nodiscard]] std::uint32_t read(unsigned offset) const;
  void write(unsigned offset, std::uint32_t value);

  /// Example: mmsiaddrcfg 0x24000 and mmsiaddrcfgh with LHXW = 3 send hart 2's to 0x24002000.
  [[nodiscard]] Address machine(unsigned hart) const;
  [[nodiscard]] Address supervisor(unsigned hart, unsigned guest) const;

 private:
  [[nodiscard]] std::uint64_t page(std::uint32_t low, std::uint32_t high, unsigned hart) const;

  std::uint32_t machine_low_ = 0;
  std::uint32_t machine_high_ = 0;
  std::uint32_t supervisor_low_ = 0;
  std::uint32_t supervisor_high_ = 0;
};

}  // namespace kilburn::interrupt
