// Co-simulation of the burst TLB: RTL and model on one stream, compared at every cycle.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "burst_tlb/burst_tlb_rtl.h"

namespace kilburn::burst_tlb {

struct Difference {
  std::uint64_t cycle = 0;
  std::uint64_t operation = 0;  ///< operations taken before this cycle
  std::string signal;           ///< named as the RTL's port
  std::string expected;         ///< the model's
  std::string seen;             ///< the RTL's
};

/// Compares what two sides showed in one cycle, field by field; nullopt where all is equal.
[[nodiscard]] std::optional<Difference> difference(const PortResults& model,
                                                   const PortResults& rtl);

/// The model and the RTL behind one port: both get each request, and both must answer alike.
class BurstTlbLockstep {
 public:
  BurstTlbLockstep(const RtlParameters& parameters, BurstTlbRtl& rtl)
      : model_(parameters.model()),
        rtl_(rtl),
        counter_mask_(UINT64_MAX >> (64 - parameters.counter_width)) {}

  [[nodiscard]] bool ready() const { return model_.ready(); }
  /// One cycle of both; the model's results. Afterwards `difference()` says whether they agreed:
  /// ready, every result, every unit's valid bit, every counter.
  const PortResults& cycle(const PortRequests& requests);
  /// The RTL's results of the same cycle.
  [[nodiscard]] const PortResults& rtl_results() const { return *rtl_results_; }
  [[nodiscard]] const std::optional<Difference>& difference() const { return difference_; }
  [[nodiscard]] const BurstTlbPorts& model() const { return model_; }

 private:
  void compare(const PortResults& expected, const PortResults& seen);

  BurstTlbPorts model_;
  BurstTlbRtl& rtl_;
  std::uint64_t counter_mask_;
  const PortResults* rtl_results_ = nullptr;
  std::optional<Difference> difference_;
};

struct CosimOptions {
  std::uint64_t operations = 1'000'000;
  std::uint64_t seed = 1;
  std::filesystem::path waveform{};  ///< empty: none, but for the window round a difference
  std::uint64_t waveform_from = 0;   ///< cycles
  std::uint64_t waveform_until = UINT64_MAX;
  std::function<void(std::uint64_t operations)> progress{};  ///< now and then
  const std::atomic<bool>* interrupt = nullptr;
};

struct CosimResult {
  std::uint64_t operations = 0;
  std::uint64_t cycles = 0;
  Counters counters{};
  std::optional<Difference> difference;
};

/// Runs a constrained random stream until a difference, or so many operations. `rtl` must be fresh.
CosimResult cosimulate(const RtlParameters& parameters, BurstTlbRtl& rtl,
                       const CosimOptions& options);

}  // namespace kilburn::burst_tlb
