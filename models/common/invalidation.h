// Invalidation: an event that narrows what a translation may do, and the bus that tells every
// holder. It takes effect only after ALL holders have acknowledged it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/types.h"

namespace kilburn {

/// Which translations are invalidated. RISC-V: SFENCE.VMA, SINVAL.VMA, HFENCE.VVMA and HFENCE.GVMA
/// with their rs1/rs2 forms; the last two come from the RMU.
struct Invalidation {
  enum class Operation : std::uint8_t {
    all,             ///< everything
    by_vmid,         ///< one guest, global pages included
    by_asid,         ///< one address space of one VMID, global pages spared
    by_va_asid,      ///< pages [vpn, vpn + pages) of one address space, global pages spared
    by_va,           ///< pages [vpn, vpn + pages) of any ASID of the VMID, global pages included
    by_guest_frame,  ///< HFENCE.GVMA: guest-physical pages [vpn, vpn + pages) of the VMID
    by_realm,        ///< everything that a realm holds, global pages included
    by_frame,        ///< physical frames [pfn, pfn + pages), whoever holds them
  };
  Operation operation = Operation::all;
  PageNumber vpn = 0;       ///< first virtual (or guest-physical) page
  PageNumber pfn = 0;       ///< first physical frame, for by_frame
  PageNumber pages = 1;     ///< length of the range in 4 KiB pages
  Context context{};        ///< the fields that the operation compares
  bool last_level = false;  ///< only leaves changed, or (by_frame) frames that hold no page tables

  [[nodiscard]] bool covers_frame(PageNumber frame) const { return frame - pfn < pages; }
  friend bool operator==(const Invalidation&, const Invalidation&) = default;
};

class InvalidationBus;

/// Names one invalidation to one holder; giving it back is the acknowledgement.
struct InvalidationTicket {
  std::uint64_t invalidation = 0;
  std::uint32_t holder = 0;
};

/// Whoever keeps translations: TLBs, page-table cache, walks in flight, device look-up tables.
class InvalidationHolder {
 public:
  virtual ~InvalidationHolder() = default;
  [[nodiscard]] virtual std::string holder_name() const = 0;
  /// Drops what matches, then calls `bus.acknowledge(ticket, latency)`: at once, or later where
  /// uses in flight must drain first.
  virtual void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                          InvalidationBus& bus) = 0;
};

/// Told of every acknowledgement, so that whoever waits for the last one can look.
class AcknowledgementListener {
 public:
  virtual ~AcknowledgementListener() = default;
  virtual void acknowledged() = 0;
};

/// Broadcasts invalidations and collects acknowledgements. Plain state: the module gives it time.
class InvalidationBus {
 public:
  void add(InvalidationHolder& holder) { holders_.push_back(&holder); }
  void remove(InvalidationHolder& holder) { std::erase(holders_, &holder); }
  void listen(AcknowledgementListener& listener) { listeners_.push_back(&listener); }
  void stop_listening(AcknowledgementListener& listener) { std::erase(listeners_, &listener); }

  /// Starts a broadcast. Example: `if (!bus.done(bus.begin(r))) wait(...)`.
  std::uint64_t begin(const Invalidation& invalidation);
  void acknowledge(InvalidationTicket ticket, Cycles latency = 0);
  [[nodiscard]] bool done(std::uint64_t invalidation) const;
  /// Cycles until the slowest holder had answered; valid once done.
  [[nodiscard]] Cycles latency(std::uint64_t invalidation) const;
  /// Names of the holders that have not acknowledged: the text of a time-out error.
  [[nodiscard]] std::vector<std::string> missing(std::uint64_t invalidation) const;
  /// Forgets a finished (or timed-out) invalidation.
  void end(std::uint64_t invalidation);

 private:
  struct Pending {
    std::uint64_t id;
    std::vector<bool> acknowledged;
    Cycles latency = 0;
  };
  [[nodiscard]] const Pending* find(std::uint64_t id) const;

  std::vector<InvalidationHolder*> holders_;
  std::vector<AcknowledgementListener*> listeners_;
  std::vector<Pending> pending_;
  std::uint64_t next_ = 1;
};

struct InvalidateResult {
  bool ok = true;     ///< false: not every holder acknowledged
  Cycles cycles = 0;  ///< from the broadcast to the last acknowledgement, or giving up
  std::vector<std::string> missing;  ///< names of the holders that did not acknowledge
};

/// How a mechanism has an invalidation carried out and waits for it, without knowing how to wait.
class Invalidator {
 public:
  virtual ~Invalidator() = default;
  /// Returns when every holder has acknowledged, or the caller's patience is at an end. Other
  /// accesses may be made meanwhile.
  virtual InvalidateResult invalidate(const Invalidation& invalidation, Cycles now) = 0;
};

/// For holders that acknowledge at once: whoever has not done so when the broadcast returns is
/// missing.
class ImmediateInvalidator final : public Invalidator {
 public:
  explicit ImmediateInvalidator(InvalidationBus& bus) : bus_(bus) {}
  InvalidateResult invalidate(const Invalidation& invalidation, Cycles now) override;

 private:
  InvalidationBus& bus_;
};

}  // namespace kilburn
