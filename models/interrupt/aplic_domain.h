// An interrupt domain of the APLIC: sources that are active in it, and what it does with them.
// Registers: sw/include/kilburn/aplic.h.
// Source: RISC-V Advanced Interrupt Architecture 1.0, 4.5 to 4.9.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "common/interrupt_line.h"
#include "kilburn/aplic.h"
#include "kilburn/board.h"

namespace kilburn::interrupt {

inline constexpr unsigned aplic_sources = BOARD_APLIC_SOURCES + 1;  ///< number 0 is none

/// How a domain's interrupts reach the harts. QEMU fixes it by the board, and so do we: field DM of
/// domaincfg is read only.
enum class Delivery : std::uint8_t { direct, message };

/// A message that is to be sent, in the terms of a target register.
struct AplicMessage {
  unsigned hart = 0;  ///< index, perhaps of no hart
  unsigned guest = 0;
  std::uint32_t identity = 0;
  friend bool operator==(const AplicMessage&, const AplicMessage&) = default;
};

/// Modelled: source modes, pending bits by the rules of 4.7, enables, targets, direct delivery by
/// IDCs, messages and genmsi. A pending source that is to go out as a message stays pending until
/// `take_message`: a source that pends twice before is one message. Not modelled: big-endian
/// registers (domaincfg.BE is 0). No time.
class AplicDomain {
 public:
  /// `external`: the lines of the harts that the domain drives with direct delivery. `has_guests`:
  /// targets name guest files.
  AplicDomain(Delivery delivery, bool has_guests, const std::vector<InterruptLine>& external);

  /// The level of a source's wire has changed.
  void input(unsigned number, bool level);
  /// The source is delegated to this domain, or no more: then it is inactive here.
  void set_implemented(unsigned number, bool implemented);

  /// Of the domain's control region, but sourcecfg of a parent and MSI addresses. What is no
  /// register reads 0 and ignores writes. Reading claimi claims.
  [[nodiscard]] std::uint32_t read(unsigned offset);
  void write(unsigned offset, std::uint32_t value);

  [[nodiscard]] bool active(unsigned source) const { return sources_[source].mode != 0; }
  [[nodiscard]] bool has_message() const;
  /// The message of genmsi, or of the lowest source; its pending bit is cleared.
  std::optional<AplicMessage> take_message();
  /// Source and priority as topi reads them, of `hart`; 0: none.
  [[nodiscard]] std::uint32_t top(unsigned hart) const;
  [[nodiscard]] unsigned harts() const { return static_cast<unsigned>(idcs_.size()); }
  void reset();

  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t claims = 0;
    std::uint64_t empty_claims = 0;
  };
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  struct Source {
    std::uint32_t target = 0;
    std::uint8_t mode = 0;  ///< sourcecfg.SM
    bool implemented = false;
    bool level = false;  ///< of the wire
    bool pending = false;
    bool enabled = false;

    [[nodiscard]] bool edge() const {
      return mode == APLIC_EDGE_RISING || mode == APLIC_EDGE_FALLING;
    }
    [[nodiscard]] bool level_sensitive() const { return mode >= APLIC_LEVEL_HIGH; }
    [[nodiscard]] bool inverted() const {
      return mode == APLIC_EDGE_FALLING || mode == APLIC_LEVEL_LOW;
    }
    /// The rectified input value: 0 of what is inactive or detached.
    [[nodiscard]] bool rectified() const {
      return (edge() || level_sensitive()) && level != inverted();
    }
  };
  struct Idc {
    bool delivery = false;
    bool force = false;
    std::uint32_t threshold = 0;
    InterruptLine line;
  };

  [[nodiscard]] bool direct() const { return delivery_ == Delivery::direct; }
  void set_mode(unsigned number, std::uint32_t value);
  void set_target(Source& source, std::uint32_t value);
  void pend(Source& source);
  void set_pending(unsigned number);
  void clear_pending(unsigned number);
  [[nodiscard]] std::uint32_t claim(unsigned hart);
  [[nodiscard]] std::uint32_t read_idc(unsigned offset);
  void write_idc(unsigned offset, std::uint32_t value);
  void write_genmsi(std::uint32_t value);
  void drive_lines();
  template <class Predicate>
  [[nodiscard]] std::uint32_t bits(unsigned word, Predicate predicate) const;
  template <class Action>
  void each(unsigned word, std::uint32_t bits, Action action);

  Delivery delivery_;
  std::uint32_t target_mask_;
  bool interrupts_enabled_ = false;  ///< domaincfg.IE
  std::array<Source, aplic_sources> sources_{};
  std::optional<std::uint32_t> genmsi_;  ///< while it is busy
  std::uint32_t genmsi_written_ = 0;
  std::vector<Idc> idcs_;
  Counts counts_;
};

}  // namespace kilburn::interrupt
