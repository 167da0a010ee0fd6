// Drives the ports of one Verilated burst_tlb_cosim; instantiated once for each configuration.
#pragma once

#include <verilated.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>

#include "burst_tlb/burst_tlb_rtl.h"
#include "burst_tlb/rtl_waveform.h"

namespace kilburn::burst_tlb {

/// Sets bits [lsb, lsb + width) of a port, whatever type Verilator gave it.
template <class Port>
void put_bits(Port& port, unsigned lsb, unsigned width, std::uint64_t value) {
  if constexpr (std::is_integral_v<Port>) {
    const std::uint64_t mask = (width >= 64 ? 0 : std::uint64_t{1} << width) - 1;
    port = static_cast<Port>((port & ~(mask << lsb)) | (value & mask) << lsb);
  } else {
    while (width > 0) {
      const unsigned bits = std::min(width, 32 - lsb % 32);
      const std::uint32_t mask = bits == 32 ? UINT32_MAX : (1u << bits) - 1;
      std::uint32_t& word = port[lsb / 32];
      word = (word & ~(mask << lsb % 32)) | (static_cast<std::uint32_t>(value) & mask) << lsb % 32;
      value >>= bits;
      lsb += bits;
      width -= bits;
    }
  }
}

template <class Port>
std::uint64_t bits_of(const Port& port, unsigned lsb, unsigned width) {
  if constexpr (std::is_integral_v<Port>) {
    return port >> lsb & ((width >= 64 ? 0 : std::uint64_t{1} << width) - 1);
  } else {
    std::uint64_t value = 0;
    for (unsigned got = 0; got < width;) {
      const unsigned at = lsb + got;
      const unsigned bits = std::min(width - got, 32 - at % 32);
      const std::uint64_t part = port[at / 32] >> at % 32;
      value |= (part & ((std::uint64_t{1} << bits) - 1)) << got;
      got += bits;
    }
    return value;
  }
}

template <class Top>
class VerilatedBurstTlb final : public BurstTlbRtl {
 public:
  /// `mutant` is for a top that holds mutants of the RTL (mutants/); 0 is the RTL itself.
  explicit VerilatedBurstTlb([[maybe_unused]] unsigned mutant = 0) : top_(&context_) {
    context_.traceEverOn(true);
    if constexpr (requires(Top & top) { top.mutant; }) {
      put_bits(top_.mutant, 0, 8, mutant);
    }
    top_.rst_ni = 1;
    half(false);
    top_.rst_ni = 0;  // a falling edge, then a clock within reset
    half(false);
    half(true);
    half(false);
    top_.rst_ni = 1;
    half(false);
    parameters_ = elaborated();
  }
  ~VerilatedBurstTlb() override {
    try {
      close_waveform();
    } catch (const std::exception&) {  // whoever cares closes it
    }
    top_.final();
  }

  [[nodiscard]] bool ready() const override { return top_.invalidate_ready_o != 0; }

  const PortResults& cycle(const PortRequests& requests) override {
    if (waveform_) dump_edge();
    put(requests);
    half(false);
    ++edges_;
    if (waveform_ && waveform_begun_) waveform_->dump(edges_ * 1000 - 500);
    half(true);
    edge_to_dump_ = true;
    results_.lookup_valid = top_.lookup_valid_o != 0;
    results_.fill_valid = top_.fill_valid_o != 0;
    results_.invalidate_valid = top_.invalidate_valid_o != 0;
    if (results_.lookup_valid) {
      results_.lookup_outcome = static_cast<Outcome>(top_.lookup_outcome_o);
      results_.lookup_entry = top_.lookup_entry_o;
      results_.lookup_unit = bits_of(top_.lookup_unit_o, 0, unit_width());
    }
    if (results_.fill_valid) {
      results_.fill_in_place = top_.fill_in_place_o != 0;
      results_.fill_entry = top_.fill_entry_o;
      results_.fill_written = top_.fill_written_o;
      results_.fill_evicted = top_.fill_evicted_o;
    }
    results_.invalidate_cleared = top_.invalidate_cleared_o;
    return results_;
  }

  [[nodiscard]] std::span<const std::uint32_t> unit_valid() const override {
    if constexpr (std::is_integral_v<std::remove_reference_t<decltype(top_.unit_valid_o)>>) {
      const std::uint64_t bits = top_.unit_valid_o;
      small_unit_valid_ = {static_cast<std::uint32_t>(bits),
                           static_cast<std::uint32_t>(bits >> 32)};
      return {small_unit_valid_.data(), sizeof(top_.unit_valid_o) > 4 ? 2u : 1u};
    } else {
      return {&top_.unit_valid_o[0], sizeof(top_.unit_valid_o) / 4};
    }
  }

  [[nodiscard]] Counters counters() const override {
    Counters values{};
    if (parameters_.counter_width == 64) {
      std::memcpy(values.data(), &top_.counters_o[0], sizeof values);
      return values;
    }
    for (unsigned i = 0; i < values.size(); ++i) {
      values[i] =
          bits_of(top_.counters_o, i * parameters_.counter_width, parameters_.counter_width);
    }
    return values;
  }

  [[nodiscard]] RtlParameters elaborated() const override {
    const auto at = [&](unsigned i) {
      return static_cast<std::uint32_t>(bits_of(top_.parameters_o, 32 * i, 32));
    };
    return {.entries = at(0),
            .ways = at(1),
            .burst = at(2),
            .context_in_tag = at(3) != 0,
            .line_fill = at(4) != 0,
            .tree_plru = at(5) != 0,
            .latency = at(6),
            .vpn_width = at(7),
            .pfn_width = at(8),
            .asid_width = at(9),
            .vmid_width = at(10),
            .realm_width = at(11),
            .counter_width = at(12)};
  }

  [[nodiscard]] std::uint64_t edges() const override { return edges_; }
  /// Holds the coverage of a top that counts it.
  [[nodiscard]] VerilatedContext& context() { return context_; }

  void open_waveform(const std::filesystem::path& file) override {
    waveform_.emplace(top_, file);
    // It begins with the next edge: the model has not been shown for this one.
    waveform_begun_ = false;
    edge_to_dump_ = false;
  }
  void close_waveform() override {
    if (!waveform_) return;
    dump_edge();
    waveform_->close();
    waveform_.reset();
  }
  void show_model(const PortResults& results, std::span<const std::uint32_t> unit_valid,
                  bool mismatch) override {
    if (!waveform_) return;
    top_.model_lookup_valid_i = results.lookup_valid;
    top_.model_lookup_outcome_i = static_cast<std::uint8_t>(results.lookup_outcome);
    put_bits(top_.model_lookup_entry_i, 0, std::bit_width(parameters_.entries - 1),
             results.lookup_entry);
    put_bits(top_.model_lookup_unit_i, 0, unit_width(), results.lookup_unit);
    top_.model_fill_valid_i = results.fill_valid;
    top_.model_fill_in_place_i = results.fill_in_place;
    put_bits(top_.model_fill_entry_i, 0, std::bit_width(parameters_.entries - 1),
             results.fill_entry);
    put_bits(top_.model_fill_written_i, 0, parameters_.burst, results.fill_written);
    put_bits(top_.model_fill_evicted_i, 0, parameters_.burst, results.fill_evicted);
    top_.model_invalidate_valid_i = results.invalidate_valid;
    put_bits(top_.model_invalidate_cleared_i, 0,
             std::bit_width(parameters_.entries * parameters_.burst), results.invalidate_cleared);
    for (unsigned word = 0; word < unit_valid.size(); ++word) {
      const unsigned left = parameters_.entries * parameters_.burst - 32 * word;
      put_bits(top_.model_unit_valid_i, 32 * word, std::min(32u, left), unit_valid[word]);
    }
    top_.mismatch_i = mismatch;
    top_.eval();
  }

 private:
  [[nodiscard]] unsigned unit_width() const { return parameters_.pfn_width + 16; }

  void half(bool clock) {
    top_.clk_i = clock;
    top_.eval();
  }
  void dump_edge() {
    if (edge_to_dump_) {
      waveform_->dump(edges_ * 1000);
      waveform_begun_ = true;
    }
    edge_to_dump_ = false;
  }

  static std::uint64_t unit_word(const Translation& translation) {
    return BurstTlb::Unit(translation).word();
  }

  void put(const PortRequests& requests) {
    top_.lookup_valid_i = requests.lookup != nullptr;
    if (requests.lookup != nullptr) put(*requests.lookup);
    top_.fill_valid_i = requests.fill != nullptr;
    if (requests.fill != nullptr) put(*requests.fill);
    top_.invalidate_valid_i = requests.invalidate != nullptr;
    if (requests.invalidate != nullptr) put(*requests.invalidate);
  }
  void put(const Comparand& comparand) {
    put_bits(top_.lookup_vpn_i, 0, parameters_.vpn_width, comparand.vpn);
    put_bits(top_.lookup_asid_i, 0, parameters_.asid_width, comparand.context.asid);
    put_bits(top_.lookup_vmid_i, 0, parameters_.vmid_width, comparand.context.vmid);
    put_bits(top_.lookup_realm_i, 0, parameters_.realm_width, comparand.context.realm);
    top_.lookup_store_i = comparand.access == Access::store;
  }
  void put(const FillRequest& fill) {
    const Translation& asked = fill.translation;
    put_bits(top_.fill_vpn_i, 0, parameters_.vpn_width, asked.vpn);
    put_bits(top_.fill_asid_i, 0, parameters_.asid_width, fill.context.asid);
    put_bits(top_.fill_vmid_i, 0, parameters_.vmid_width, fill.context.vmid);
    put_bits(top_.fill_realm_i, 0, parameters_.realm_width, fill.context.realm);
    put_bits(top_.fill_unit_i, 0, unit_width(), unit_word(asked));
    top_.fill_napot_i = asked.order == napot_order && asked.verdict_order >= napot_order;
    std::uint32_t slots = 0;
    for (const Translation& beside : fill.beside()) {
      const PageNumber slot = beside.vpn - asked.vpn / parameters_.burst * parameters_.burst;
      if (slot >= parameters_.burst || (slots >> slot & 1) != 0) continue;  // the first one counts
      slots |= 1u << slot;
      put_bits(top_.fill_neighbours_i, static_cast<unsigned>(slot) * unit_width(), unit_width(),
               unit_word(beside));
    }
    put_bits(top_.fill_neighbours_valid_i, 0, parameters_.burst, slots);
  }
  void put(const Invalidation& invalidation) {
    const unsigned range_width = std::max(parameters_.vpn_width, parameters_.pfn_width) + 1;
    const std::uint64_t longest = std::uint64_t{1} << (range_width - 1);
    const bool frames = invalidation.operation == Invalidation::Operation::by_frame;
    const unsigned width = frames ? parameters_.pfn_width : parameters_.vpn_width;
    top_.invalidate_operation_i = operation_number(invalidation.operation);
    put_bits(top_.invalidate_page_i, 0, range_width, 0);
    put_bits(top_.invalidate_page_i, 0, width, frames ? invalidation.pfn : invalidation.vpn);
    put_bits(top_.invalidate_pages_i, 0, range_width, std::min(invalidation.pages, longest));
    put_bits(top_.invalidate_asid_i, 0, parameters_.asid_width, invalidation.context.asid);
    put_bits(top_.invalidate_vmid_i, 0, parameters_.vmid_width, invalidation.context.vmid);
    put_bits(top_.invalidate_realm_i, 0, parameters_.realm_width, invalidation.context.realm);
  }

  VerilatedContext context_;
  Top top_;
  RtlParameters parameters_;
  PortResults results_;
  std::uint64_t edges_ = 0;
  std::optional<RtlWaveform> waveform_;
  bool edge_to_dump_ = false;
  bool waveform_begun_ = false;
  mutable std::array<std::uint32_t, 2> small_unit_valid_{};
};

}  // namespace kilburn::burst_tlb
