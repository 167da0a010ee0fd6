// An interrupt file of an IMSIC: the external interrupts of one privilege level of one hart, or of
// one of its guests. Registers: sw/include/kilburn/imsic.h.
// Source: RISC-V Advanced Interrupt Architecture 1.0, 3.4 to 3.10.
#pragma once

#include <array>
#include <cstdint>

#include "kilburn/imsic.h"

namespace kilburn::interrupt {

/// Modelled: pending and enable bits of identities 1 to IMSIC_IDENTITIES, eidelivery (0 and 1),
/// eithreshold, the top interrupt and its claim. Not modelled: eidelivery 0x40000000, which lets an
/// APLIC deliver directly beside an IMSIC. After reset all registers are 0. No time.
class InterruptFile {
 public:
  /// A message. False: no such identity, and nothing happens.
  bool set_pending(std::uint32_t identity);
  /// The least identity that is pending and enabled, and below eithreshold where that is not 0;
  /// 0: none.
  [[nodiscard]] unsigned top() const;
  /// What the top CSR reads. Example: 0x00050005 of identity 5.
  [[nodiscard]] std::uint32_t top_register() const {
    return top() << IMSIC_TOPEI_IDENTITY_SHIFT | top();
  }
  /// Clears the pending bit of top(). False: there was none.
  bool claim();
  /// The interrupt signal to the hart.
  [[nodiscard]] bool signal() const { return delivery_ && top() != 0; }

  /// By IMSIC_EIDELIVERY to IMSIC_LAST; 64 bits of an array at its even numbers. What is reserved,
  /// or has no identity, reads 0 and ignores writes.
  [[nodiscard]] std::uint64_t read(unsigned select) const;
  void write(unsigned select, std::uint64_t value);

 private:
  static constexpr unsigned words = (IMSIC_IDENTITIES + 1) / 64;
  static_assert((IMSIC_IDENTITIES + 1) % 64 == 0, "one less than a multiple of 64");
  using Bits = std::array<std::uint64_t, words>;

  bool delivery_ = false;
  std::uint32_t threshold_ = 0;
  Bits pending_{};
  Bits enabled_{};
};

}  // namespace kilburn::interrupt
