// A burst TLB operated through its ports: by its model, by its RTL, or by both in lock step.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "burst_tlb/burst_tlb_cosim.h"

namespace kilburn::burst_tlb {

/// RTL and model have differed: the message has cycle, operation, signal, expected and seen.
class LockstepError final : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
/// Example: "cycle 812, operation 700: lookup_outcome_o: expected hit, seen miss_unit".
[[nodiscard]] std::string text(const Difference& difference);

/// One cycle of the ports, for whoever watches: a waveform. Null: that side is not there.
struct PortActivity {
  const PortRequests& requests;
  const PortResults* model;
  const PortResults* rtl;
  bool mismatch;  ///< RTL and model have differed, in the results or in the state
};
class PortObserver {
 public:
  virtual ~PortObserver() = default;
  virtual void observe(const PortActivity& activity) = 0;
};

/// Every operation goes through the ports, which are clocked until they have answered: only while
/// busy. In lock step all that BurstTlbLockstep compares must agree in every cycle. The statistics
/// are BurstTlb's. Large pages beside it are WithLargePages's, since the RTL has none.
/// Time: as BurstTlb; that an invalidation takes at the ports what `invalidation_cycles` says is
/// checked.
class PortTlb final : public Tlb {
 public:
  /// By the model. Organisation burst or conventional.
  static std::unique_ptr<PortTlb> of_model(const TlbConfig& config);
  /// By the RTL, with `lockstep` beside its model. Throws InputError where none is built.
  static std::unique_ptr<PortTlb> of_rtl(const TlbConfig& config, bool lockstep);

  /// Throws InputError where a page or a context is wider than the RTL's fields, as fill does. A
  /// invalidation of a wider context names nothing that is held here. All throw LockstepError.
  Lookup lookup(const Comparand& comparand) override;
  Fill fill(const Translation& translation, Context context,
            std::span<const Translation> neighbours) override;
  /// Not offered: this is a first-level TLB, with no level above it.
  unsigned siblings(const Comparand& comparand, const Lookup& hit,
                    std::span<Translation, max_siblings> out) const override;
  unsigned invalidate(const Invalidation& invalidation) override;
  [[nodiscard]] Cycles invalidation_cycles(const Invalidation& invalidation) const override {
    return time_.of(invalidation);
  }
  [[nodiscard]] TlbStatistics statistics() const override;
  [[nodiscard]] std::uint64_t reach_bytes() const override;

  /// What the ports answered.
  struct Match {
    Outcome outcome;
    std::uint32_t entry;
    std::uint64_t unit;  ///< BurstTlb::Unit::word
    bool hit;
  };
  /// `lookup` in two steps, for WithLargePages: `match` counts nothing, what follows it does.
  [[nodiscard]] Match match(const Comparand& comparand);
  Lookup hit(const Comparand& comparand, const Match& found);
  Lookup miss(const Comparand& comparand, const Match& found);

  /// Null ends it. Not owned.
  void watch(PortObserver* observer) { observer_ = observer; }

 private:
  explicit PortTlb(const TlbConfig& config);
  const PortResults& clock(const PortRequests& requests) const;
  const PortResults& cycle(const PortRequests& requests);  ///< observed, compared
  [[nodiscard]] std::span<const std::uint32_t> unit_valid() const;
  void clock_idle() const { clock({}); }
  void require_fits(PageNumber vpn, const Context& context) const;
  [[nodiscard]] bool fits(const Context& context) const;
  [[nodiscard]] bool may_match(const Invalidation& invalidation) const;

  std::uint32_t entries_;
  std::uint32_t units_;
  RtlParameters widths_;                        ///< of the RTL, where there is one
  std::unique_ptr<BurstTlbPorts> model_;        ///< the model alone
  std::unique_ptr<BurstTlbRtl> rtl_;            ///< the RTL alone, or
  std::unique_ptr<BurstTlbLockstep> lockstep_;  ///< in lock step
  InvalidationTime time_;
  FillRequest fill_;
  TlbStatistics counted_;
  std::uint64_t operations_ = 0;
  PortObserver* observer_ = nullptr;
};

}  // namespace kilburn::burst_tlb
