#include "burst_tlb/burst_tlb_ports.h"

#include <bit>

namespace kilburn::burst_tlb {

std::uint8_t operation_number(Invalidation::Operation operation) {
  using Operation = Invalidation::Operation;
  switch (operation) {
    case Operation::all:
      return 0;
    case Operation::by_vmid:
    case Operation::by_guest_frame:
      return 1;
    case Operation::by_asid:
      return 2;
    case Operation::by_va_asid:
      return 3;
    case Operation::by_va:
      return 4;
    case Operation::by_realm:
      return 5;
    case Operation::by_frame:
      return 6;
  }
  return 0;
}

BurstTlbPorts::BurstTlbPorts(const TlbConfig& config)
    : tlb_(config),
      entries_(config.entries),
      units_(config.units()),
      unit_valid_((std::size_t{entries_} * units_ + 31) / 32, 0),
      delayed_(config.hit_cycles) {}

/// Units are a power of two of at most 16, so an entry's bits lie in one word.
void BurstTlbPorts::show_entry(std::uint32_t entry) {
  const std::uint32_t bit = entry * units_;
  const std::uint32_t mask = ((1u << units_) - 1) << bit % 32;
  std::uint32_t& word = unit_valid_[bit / 32];
  word = (word & ~mask) | tlb_.valid_units(entry) << bit % 32;
}

std::uint32_t BurstTlbPorts::shown_units(std::uint32_t entry) const {
  const std::uint32_t bit = entry * units_;
  return unit_valid_[bit / 32] >> bit % 32 & ((1u << units_) - 1);
}

/// What was carried out in the cycle that ends appears in the registers.
void BurstTlbPorts::register_state() {
  if (scan_left_ > 0) {
    show_entry(entries_ - scan_left_);
    if (--scan_left_ == 0) count(Counter::units_invalidated, cleared_);
  } else if (all_changed_) {
    for (std::uint32_t entry = 0; entry < entries_; ++entry) show_entry(entry);
  } else {
    show_entry(changed_);
  }
  all_changed_ = false;
  counters_ = counters_next_;
}

const PortResults& BurstTlbPorts::cycle(const PortRequests& requests) {
  register_state();
  newest_ = newest_ + 1 == delayed_.size() ? 0 : newest_ + 1;
  PortResults& results = delayed_[newest_];
  results.lookup_valid = results.fill_valid = results.invalidate_valid = false;
  if (scan_left_ == 0) {
    if (requests.invalidate != nullptr) {
      carry_out(*requests.invalidate, results);
    } else {
      if (requests.lookup != nullptr) carry_out(*requests.lookup, results);
      if (requests.fill != nullptr) carry_out(*requests.fill, results);
    }
  }
  if (scan_left_ == 1) {
    results.invalidate_valid = true;
    results.invalidate_cleared = cleared_;
  }
  return delayed_[newest_ + 1 == delayed_.size() ? 0 : newest_ + 1];
}

void BurstTlbPorts::carry_out(const Comparand& comparand, PortResults& results) {
  const Lookup found = tlb_.lookup(comparand);
  results.lookup_valid = true;
  results.lookup_outcome = found.outcome;
  results.lookup_entry = found.entry;
  if (found.outcome == Outcome::hit) {
    results.lookup_unit = BurstTlb::Unit(found.translation).word();
  }
  count(Counter::lookups, 1);
  count(static_cast<Counter>(static_cast<unsigned>(Counter::hits) +
                             static_cast<unsigned>(found.outcome)),
        1);
}

void BurstTlbPorts::carry_out(const FillRequest& request, PortResults& results) {
  // A fill in place leaves its siblings; any other leaves nothing of what the entry held.
  const Fill done = tlb_.fill(request.translation, request.context, request.beside());
  const std::uint32_t now = tlb_.valid_units(done.entry);
  const std::uint32_t asked = 1u << (request.translation.vpn & (units_ - 1));
  const std::uint32_t before = shown_units(done.entry);
  results.fill_valid = true;
  results.fill_in_place = done.in_place;
  results.fill_entry = done.entry;
  results.fill_written = done.in_place ? (now & ~before) | asked : now;
  results.fill_evicted = done.in_place ? 0 : before;
  changed_ = done.entry;
  count(Counter::fills, 1);
  count(Counter::units_filled, static_cast<unsigned>(std::popcount(results.fill_written)));
  count(Counter::evictions, results.fill_evicted != 0 ? 1 : 0);
  count(Counter::units_evicted, static_cast<unsigned>(std::popcount(results.fill_evicted)));
}

void BurstTlbPorts::carry_out(const Invalidation& invalidation, PortResults& results) {
  const bool scans = !tlb_.time().at_once(invalidation);
  cleared_ = tlb_.invalidate(invalidation);
  if (scans) {
    scan_left_ = entries_;
    return;
  }
  results.invalidate_valid = true;
  results.invalidate_cleared = cleared_;
  all_changed_ = true;
  count(Counter::units_invalidated, cleared_);
}

}  // namespace kilburn::burst_tlb
