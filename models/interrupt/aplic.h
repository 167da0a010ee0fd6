// Advanced PLIC: 96 wired sources, a domain of machine mode and its child of supervisor mode.
// Registers: sw/include/kilburn/aplic.h.
// Source: RISC-V Advanced Interrupt Architecture 1.0, chapter 4; QEMU 7.2 (`virt`) for the layout.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "common/external_interrupts.h"
#include "common/interrupt_line.h"
#include "common/statistics.h"
#include "common/types.h"
#include "interrupt/aplic_domain.h"
#include "interrupt/msi_addresses.h"

namespace kilburn::interrupt {

struct AplicStatistics {
  std::uint64_t requests = 0;
  std::uint64_t claims = 0;
  std::uint64_t empty_claims = 0;
  std::uint64_t messages = 0;
  std::uint64_t lost_messages = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const AplicStatistics&, const AplicStatistics&) = default;
};

/// Modelled: two domains (AplicDomain), delegation from the root, the registers that say where
/// messages go. Not modelled: more domains, priority numbers of fewer than 8 bits. No time: a
/// line's level acts at once; who sends messages takes them when it can.
class Aplic final : public InterruptSink {
 public:
  enum class Level : std::uint8_t { machine, supervisor };
  /// A write of `data`, 32 bits, that is to be made to memory.
  struct Write {
    Address address = 0;
    std::uint32_t data = 0;
    friend bool operator==(const Write&, const Write&) = default;
  };

  /// `harts`: by hart number, which is their index. They are driven with direct delivery only.
  Aplic(std::span<InterruptSink* const> harts, Delivery delivery);

  /// The level of a source's line, 1 to BOARD_APLIC_SOURCES.
  void set(unsigned source, bool level) override;

  /// The 32 bits at `offset`, a multiple of 4, of a domain's region.
  [[nodiscard]] std::uint32_t read(Level level, unsigned offset);
  void write(Level level, unsigned offset, std::uint32_t value);

  [[nodiscard]] bool has_message() const;
  /// The next message: genmsi before the sources, the root before its child.
  std::optional<Write> take_message();
  /// A write that was taken met nothing.
  void lost_message() { ++lost_messages_; }

  /// Priority number of what is signalled to `hart` with direct delivery; 0: nothing.
  [[nodiscard]] unsigned priority(Level level, unsigned hart) const;

  void reset();
  [[nodiscard]] AplicStatistics statistics() const;

 private:
  [[nodiscard]] AplicDomain& domain(Level level) { return domains_[static_cast<unsigned>(level)]; }
  [[nodiscard]] const AplicDomain& domain(Level level) const {
    return domains_[static_cast<unsigned>(level)];
  }
  void write_root_source(unsigned source, std::uint32_t value);
  void set_delegated(unsigned source, bool delegated);

  Delivery delivery_;
  std::array<AplicDomain, 2> domains_;
  std::array<bool, aplic_sources> delegated_{};  ///< to the child
  MsiAddresses addresses_;
  std::uint64_t messages_ = 0;
  std::uint64_t lost_messages_ = 0;
};

}  // namespace kilburn::interrupt
