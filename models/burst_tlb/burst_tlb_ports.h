// The ports of the burst TLB, cycle for cycle: what rtl/burst_tlb/burst_tlb.sv does, over BurstTlb.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "burst_tlb/burst_tlb.h"

namespace kilburn::burst_tlb {

/// A fill as it stands at the port. `neighbours` are other leaves of the fetched line.
struct FillRequest {
  Translation translation{};
  Context context{};
  std::array<Translation, max_siblings> neighbours{};
  std::size_t neighbour_count = 0;
  [[nodiscard]] std::span<const Translation> beside() const {
    return {neighbours.data(), neighbour_count};
  }
};

/// What stands at the request ports before a clock edge; null: valid is low.
/// Example: `ports.cycle({.lookup = &comparand})` is a cycle with a lookup alone.
struct PortRequests {
  const Comparand* lookup = nullptr;
  const FillRequest* fill = nullptr;
  const Invalidation* invalidate = nullptr;
};

/// What stands at the result ports after an edge. Fields are meaningful where their valid is true;
/// `lookup_entry` where the tag matched, `lookup_unit` on a hit.
struct PortResults {
  bool lookup_valid = false;
  bool fill_valid = false;
  bool invalidate_valid = false;

  Outcome lookup_outcome = Outcome::hit;
  std::uint32_t lookup_entry = 0;
  std::uint64_t lookup_unit = 0;  ///< BurstTlb::Unit::word

  bool fill_in_place = false;
  std::uint32_t fill_entry = 0;
  std::uint32_t fill_written = 0;  ///< units, one bit each
  std::uint32_t fill_evicted = 0;

  std::uint32_t invalidate_cleared = 0;  ///< number of units
};

/// An operation as the RTL numbers it (burst_tlb_invalidate.sv). A TLB does not know guest-physical
/// pages: one of them may be any page of its VMID.
[[nodiscard]] std::uint8_t operation_number(Invalidation::Operation operation);

/// The performance counters, in the order of counters_o.
enum class Counter : std::uint8_t {
  lookups,
  hits,
  miss_tag,
  miss_unit,
  miss_content,
  fills,
  units_filled,
  evictions,
  units_evicted,
  units_invalidated,
};
inline constexpr std::size_t counters = 10;
using Counters = std::array<std::uint64_t, counters>;

/// Modelled: when a request is taken, carried out and answered, and the state that the RTL shows at
/// each cycle: the contract at the head of burst_tlb.sv. Not modelled: large pages beside the array
/// (configure `replicate`). Time: `cycle` is one clock edge; the latency of every result is
/// `hit_cycles` after the last cycle of its operation.
class BurstTlbPorts {
 public:
  explicit BurstTlbPorts(const TlbConfig& config);

  /// The port would take an invalidation at the coming edge; and, where none is presented, a lookup
  /// and a fill.
  [[nodiscard]] bool ready() const { return scan_left_ <= 1; }
  /// One clock edge. Requests are taken as the contract says; whoever was not must come again.
  const PortResults& cycle(const PortRequests& requests);

  /// The state that the RTL's registers show now: they take up what is carried out in one cycle at
  /// the next edge. Valid bits of unit u of entry e at bit e * units + u, 32 in a word.
  [[nodiscard]] std::span<const std::uint32_t> unit_valid() const { return unit_valid_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] const BurstTlb& mechanism() const { return tlb_; }

 private:
  void register_state();
  void show_entry(std::uint32_t entry);
  [[nodiscard]] std::uint32_t shown_units(std::uint32_t entry) const;
  void carry_out(const Comparand& comparand, PortResults& results);
  void carry_out(const FillRequest& request, PortResults& results);
  void carry_out(const Invalidation& invalidation, PortResults& results);
  void count(Counter counter, std::uint64_t n) {
    counters_next_[static_cast<std::size_t>(counter)] += n;
  }

  BurstTlb tlb_;
  std::uint32_t entries_;
  std::uint32_t units_;
  std::uint32_t scan_left_ = 0;  ///< cycles of the invalidation under way, this one included
  std::uint32_t cleared_ = 0;    ///< what it will say that it has cleared
  bool all_changed_ = false;     ///< at the next edge every entry may show a new state
  std::uint32_t changed_ = 0;    ///< or this one
  std::vector<std::uint32_t> unit_valid_;
  Counters counters_{};
  Counters counters_next_{};
  std::vector<PortResults> delayed_;  ///< a ring of `hit_cycles` results
  std::size_t newest_ = 0;
};

}  // namespace kilburn::burst_tlb
