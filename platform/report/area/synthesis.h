// Synthesis of the burst TLB's RTL in the geometries of a sweep, by Yosys.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "platform/report/area/rtl_geometry.h"
#include "platform/sweep/results_database.h"
#include "platform/sweep/sweep_results.h"

namespace kilburn::platform::report {

/// The different geometries of the TLBs that the sweep varies. What is in `results.areas` is left
/// out; LRU and random replacement count as what stands for them.
[[nodiscard]] std::vector<RtlGeometry> geometries_without_area(const SweepResults& results);

enum class SynthesisEnd : std::uint8_t { done, over_time, interrupted, failed };

struct Synthesis {
  SynthesisEnd end = SynthesisEnd::failed;
  sweep::SynthesisedArea area{};  ///< where it is done
  std::string message;            ///< where it failed
};

/// Runs `script` (rtl/burst_tlb/area) on one geometry, for `seconds` at most. `meanwhile` is called
/// some twenty times a second.
[[nodiscard]] Synthesis synthesise(const std::string& script, const RtlGeometry& geometry,
                                   std::uint64_t seconds, const std::atomic<bool>& interrupt,
                                   std::function<void()> meanwhile = {});

}  // namespace kilburn::platform::report
