// Retirement: an event that narrows what a translation may do, and the bus that tells every holder.
// It takes effect only after ALL holders have acknowledged it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/types.h"

namespace kilburn {

/// Which translations are retired. RISC-V: SFENCE.VMA, SINVAL.VMA, HFENCE.VVMA and HFENCE.GVMA with
/// their rs1/rs2 forms; the last two come from the RMU.
struct Retirement {
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

  [[nodiscard]] bool covers_page(PageNumber page) const { return page - vpn < pages; }
  [[nodiscard]] bool covers_frame(PageNumber frame) const { return frame - pfn < pages; }
  friend bool operator==(const Retirement&, const Retirement&) = default;
};

class RetirementBus;

/// Names one retirement to one holder; giving it back is the acknowledgement.
struct RetirementTicket {
  std::uint64_t retirement = 0;
  std::uint32_t holder = 0;
};

/// Whoever keeps translations: TLBs, page-table cache, walks in flight, device look-up tables.
class RetirementHolder {
 public:
  virtual ~RetirementHolder() = default;
  [[nodiscard]] virtual std::string holder_name() const = 0;
  /// Drops what matches, then calls `bus.acknowledge(ticket, latency)`: at once, or later where
  /// uses in flight must drain first.
  virtual void retire(const Retirement& retirement, RetirementTicket ticket,
                      RetirementBus& bus) = 0;
};

/// Told of every acknowledgement, so that whoever waits for the last one can look.
class AcknowledgementListener {
 public:
  virtual ~AcknowledgementListener() = default;
  virtual void acknowledged() = 0;
};

/// Broadcasts retirements and collects acknowledgements. Plain state: the module gives it time.
class RetirementBus {
 public:
  void add(RetirementHolder& holder) { holders_.push_back(&holder); }
  void remove(RetirementHolder& holder) { std::erase(holders_, &holder); }
  void listen(AcknowledgementListener& listener) { listeners_.push_back(&listener); }
  void stop_listening(AcknowledgementListener& listener) { std::erase(listeners_, &listener); }

  /// Starts a broadcast. Example: `if (!bus.done(bus.begin(r))) wait(...)`.
  std::uint64_t begin(const Retirement& retirement);
  void acknowledge(RetirementTicket ticket, Cycles latency = 0);
  [[nodiscard]] bool done(std::uint64_t retirement) const;
  /// Cycles until the slowest holder had answered; valid once done.
  [[nodiscard]] Cycles latency(std::uint64_t retirement) const;
  /// Names of the holders that have not acknowledged: the text of a time-out error.
  [[nodiscard]] std::vector<std::string> missing(std::uint64_t retirement) const;
  /// Forgets a finished (or timed-out) retirement.
  void end(std::uint64_t retirement);

 private:
  struct Pending {
    std::uint64_t id;
    std::vector<bool> acknowledged;
    Cycles latency = 0;
  };
  [[nodiscard]] const Pending* find(std::uint64_t id) const;

  std::vector<RetirementHolder*> holders_;
  std::vector<AcknowledgementListener*> listeners_;
  std::vector<Pending> pending_;
  std::uint64_t next_ = 1;
};

struct RetireResult {
  bool ok = true;     ///< false: not every holder acknowledged
  Cycles cycles = 0;  ///< from the broadcast to the last acknowledgement, or giving up
  std::vector<std::string> missing;  ///< names of the holders that did not acknowledge
};

/// How a mechanism has a retirement carried out and waits for it, without knowing how to wait.
class Retirer {
 public:
  virtual ~Retirer() = default;
  /// Returns when every holder has acknowledged, or the caller's patience is at an end. Other
  /// accesses may be made meanwhile.
  virtual RetireResult retire(const Retirement& retirement, Cycles now) = 0;
};

/// For holders that acknowledge at once: whoever has not done so when the broadcast returns is
/// missing.
class ImmediateRetirer final : public Retirer {
 public:
  explicit ImmediateRetirer(RetirementBus& bus) : bus_(bus) {}
  RetireResult retire(const Retirement& retirement, Cycles now) override;

 private:
  RetirementBus& bus_;
};

}  // namespace kilburn
