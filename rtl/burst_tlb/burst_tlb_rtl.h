// The Verilated burst TLB behind an interface: whoever includes this sees nothing of Verilator.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "burst_tlb/burst_tlb_ports.h"
#include "common/context_widths.h"
#include "common/waveform_group.h"

namespace kilburn::burst_tlb {

/// The parameters of burst_tlb.sv.
struct RtlParameters {
  std::uint32_t entries = 64;
  std::uint32_t ways = 64;
  std::uint32_t burst = 8;
  bool context_in_tag = true;
  bool line_fill = true;
  bool tree_plru = true;
  std::uint32_t latency = 1;
  std::uint32_t vpn_width = 45;
  std::uint32_t pfn_width = 44;
  std::uint32_t asid_width = context_widths::asid;
  std::uint32_t vmid_width = context_widths::vmid;
  std::uint32_t realm_width = context_widths::realm;
  std::uint32_t counter_width = 64;
  friend bool operator==(const RtlParameters&, const RtlParameters&) = default;

  /// The model of the same geometry: large pages are replicated.
  [[nodiscard]] TlbConfig model() const;
  /// True where this RTL is what `config` describes (widths aside).
  [[nodiscard]] bool builds(const TlbConfig& config) const;
  /// Example: "ENTRIES=64 WAYS=64 BURST=8 CONTEXT_IN_TAG=1 ...".
  [[nodiscard]] std::string text() const;
};

/// One instance of the RTL, clocked by whoever holds it. After construction it is out of reset.
class BurstTlbRtl {
 public:
  virtual ~BurstTlbRtl() = default;

  /// The port would take an invalidation at the coming edge.
  [[nodiscard]] virtual bool ready() const = 0;
  /// One clock edge, with these requests before it; the results that stand after it.
  virtual const PortResults& cycle(const PortRequests& requests) = 0;
  [[nodiscard]] virtual std::span<const std::uint32_t> unit_valid() const = 0;
  [[nodiscard]] virtual Counters counters() const = 0;
  /// What was elaborated, as the RTL itself says.
  [[nodiscard]] virtual RtlParameters elaborated() const = 0;
  /// Edges so far: the waveform shows edge n at n nanoseconds.
  [[nodiscard]] virtual std::uint64_t edges() const = 0;

  /// From now on each cycle is written to `file` (VCD), until the object or `close_waveform` ends
  /// it. An OutputFile: this, `cycle` and `close_waveform` throw InputError where it cannot be
  /// written.
  virtual void open_waveform(const std::filesystem::path& file) = 0;
  virtual void close_waveform() = 0;
  /// What the model shows in the cycle that `cycle` left: call it after each while a waveform is
  /// open, and nothing of that cycle is lost.
  virtual void show_model(const PortResults& results, std::span<const std::uint32_t> unit_valid,
                          bool mismatch) = 0;
};

/// A geometry that this build holds.
struct RtlConfiguration {
  std::string_view name;  ///< as `kilburn cosim burst_tlb --config` takes it
  RtlParameters parameters;
  std::unique_ptr<BurstTlbRtl> (*make)();
};

/// All of this build, by name.
[[nodiscard]] std::span<const RtlConfiguration> rtl_configurations();
/// Throws InputError, naming what is there, if there is none of that name.
[[nodiscard]] const RtlConfiguration& rtl_configuration(std::string_view name);
/// The one that builds `config`. Throws InputError, naming what is there and the CMake option that
/// adds another.
[[nodiscard]] const RtlConfiguration& rtl_configuration(const TlbConfig& config);
/// An instance whose elaborated parameters are those of `configuration`; throws std::logic_error,
/// with both, where they differ.
[[nodiscard]] std::unique_ptr<BurstTlbRtl> make_rtl(const RtlConfiguration& configuration);

/// Of lookup_outcome_o and invalidate_operation_i.
extern const ValueNames outcome_names, operation_names;

/// What a viewer shows of the waveform of a co-simulation: requests, RTL, model, mismatch.
[[nodiscard]] std::vector<WaveformGroup> waveform_groups(const RtlParameters& parameters);

}  // namespace kilburn::burst_tlb
