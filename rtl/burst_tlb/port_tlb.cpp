#include "burst_tlb/port_tlb.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>

#include "common/error.h"

namespace kilburn::burst_tlb {

std::string text(const Difference& difference) {
  return fmt::format("cycle {}, operation {}: {}: expected {}, seen {}", difference.cycle,
                     difference.operation, difference.signal, difference.expected, difference.seen);
}

PortTlb::PortTlb(const TlbConfig& config)
    : entries_(config.entries), units_(config.units()), time_(config.entries, config.hit_cycles) {}

std::unique_ptr<PortTlb> PortTlb::of_model(const TlbConfig& config) {
  std::unique_ptr<PortTlb> tlb(new PortTlb(config));  // the constructor is its own
  tlb->widths_.vpn_width = 64 - page_shift;
  tlb->model_ = std::make_unique<BurstTlbPorts>(config);
  return tlb;
}

std::unique_ptr<PortTlb> PortTlb::of_rtl(const TlbConfig& config, bool lockstep) {
  std::unique_ptr<PortTlb> tlb(new PortTlb(config));
  const RtlConfiguration& configuration = rtl_configuration(config);
  tlb->widths_ = configuration.parameters;
  tlb->rtl_ = make_rtl(configuration);
  if (lockstep) {
    tlb->lockstep_ = std::make_unique<BurstTlbLockstep>(configuration.parameters, *tlb->rtl_);
  }
  return tlb;
}

const PortResults& PortTlb::clock(const PortRequests& requests) const {
  if (model_) return model_->cycle(requests);
  return lockstep_ ? lockstep_->cycle(requests) : rtl_->cycle(requests);
}

const PortResults& PortTlb::cycle(const PortRequests& requests) {
  const PortResults& results = clock(requests);
  if (observer_ != nullptr) {
    observer_->observe({.requests = requests,
                        .model = rtl_ && !lockstep_ ? nullptr : &results,
                        .rtl = lockstep_ ? &lockstep_->rtl_results()
                               : rtl_    ? &results
                                         : nullptr,
                        .mismatch = lockstep_ && lockstep_->difference()});
  }
  if (lockstep_ && lockstep_->difference()) {
    Difference difference = *lockstep_->difference();
    difference.cycle = rtl_->edges();
    difference.operation = operations_;
    throw LockstepError("RTL and model differ: " + text(difference));
  }
  return results;
}

std::span<const std::uint32_t> PortTlb::unit_valid() const {
  return rtl_ ? rtl_->unit_valid() : model_->unit_valid();
}

bool PortTlb::fits(const Context& context) const {
  return context.asid >> widths_.asid_width == 0 && context.vmid >> widths_.vmid_width == 0 &&
         context.realm >> widths_.realm_width == 0;
}

/// Virtual pages are sign-extended: what the field drops must be copies of its highest bit.
void PortTlb::require_fits(PageNumber vpn, const Context& context) const {
  const unsigned above = 64 - page_shift - widths_.vpn_width;
  const auto page = static_cast<std::int64_t>(vpn << page_shift);
  const bool page_fits = (page << above >> above) == page;
  if (!page_fits || !fits(context)) {
    throw InputError(
        fmt::format("page {:#x}, ASID {}, VMID {}, realm {}: wider than the RTL's fields: {}", vpn,
                    context.asid, context.vmid, context.realm, widths_.text()));
  }
}

Lookup PortTlb::lookup(const Comparand& comparand) {
  const Match found = match(comparand);
  return found.hit ? hit(comparand, found) : miss(comparand, found);
}

PortTlb::Match PortTlb::match(const Comparand& comparand) {
  require_fits(comparand.vpn, comparand.context);
  ++operations_;
  const PortResults* results = &cycle({.lookup = &comparand});
  while (!results->lookup_valid) results = &cycle({});
  return {.outcome = results->lookup_outcome,
          .entry = results->lookup_entry,
          .unit = results->lookup_unit,
          .hit = results->lookup_outcome == Outcome::hit};
}

Lookup PortTlb::hit(const Comparand& comparand, const Match& found) {
  ++counted_.lookups;
  ++counted_.hits;
  const auto unit = BurstTlb::Unit::from_word(found.unit);
  return {.outcome = Outcome::hit,
          .translation = {.vpn = comparand.vpn,
                          .pfn = unit.pfn(),
                          .order = unit.order(),
                          .permissions = unit.permissions(),
                          .attributes = unit.attributes(),
                          .verdict_order = 0},
          .entry = found.entry};
}

Lookup PortTlb::miss(const Comparand& /*comparand*/, const Match& found) {
  ++counted_.lookups;
  if (found.outcome == Outcome::miss_tag) {
    ++counted_.miss_tag;
    return {};
  }
  ++(found.outcome == Outcome::miss_unit ? counted_.miss_unit : counted_.miss_content);
  return {.outcome = found.outcome, .entry = found.entry};
}

Fill PortTlb::fill(const Translation& translation, Context context,
                   std::span<const Translation> neighbours) {
  ++counted_.fills;
  require_fits(translation.vpn, context);
  ++operations_;
  fill_.translation = translation;
  fill_.context = context;
  // Only those that the entry covers can be written; there are fewer of them than slots.
  fill_.neighbour_count = 0;
  for (const Translation& beside : neighbours) {
    if ((beside.vpn ^ translation.vpn) / units_ != 0) continue;
    if (fill_.neighbour_count < fill_.neighbours.size()) {
      fill_.neighbours[fill_.neighbour_count++] = beside;
    }
  }
  const PortResults* results = &cycle({.fill = &fill_});
  while (!results->fill_valid) results = &cycle({});
  time_.wrote(translation.order);
  for (std::size_t i = 0; i < fill_.neighbour_count; ++i) {
    const Translation& beside = fill_.neighbours[i];
    if ((results->fill_written >> beside.vpn % units_ & 1) != 0) time_.wrote(beside.order);
  }
  const auto filled = static_cast<unsigned>(std::popcount(results->fill_written));
  const auto evicted = static_cast<unsigned>(std::popcount(results->fill_evicted));
  counted_.units_filled += filled;
  if (evicted != 0) {
    ++counted_.evictions;
    counted_.units_evicted += evicted;
    counted_.density.add(evicted);
  }
  return {.entry = results->fill_entry,
          .in_place = results->fill_in_place,
          .units_filled = filled,
          .units_evicted = evicted};
}

unsigned PortTlb::siblings(const Comparand& /*comparand*/, const Lookup& /*hit*/,
                           std::span<Translation, max_siblings> /*out*/) const {
  assert(false && "the RTL serves as a first-level TLB");
  return 0;
}

/// Cut to the RTL's fields a wider context would be another's.
bool PortTlb::may_match(const Invalidation& invalidation) const {
  using Operation = Invalidation::Operation;
  const Context& context = invalidation.context;
  switch (invalidation.operation) {
    case Operation::all:
    case Operation::by_frame:
      return true;
    case Operation::by_realm:
      return fits({.realm = context.realm});
    case Operation::by_vmid:
    case Operation::by_va:
    case Operation::by_guest_frame:
      return fits({.vmid = context.vmid});
    case Operation::by_asid:
    case Operation::by_va_asid:
      return fits({.asid = context.asid, .vmid = context.vmid});
  }
  return true;
}

unsigned PortTlb::invalidate(const Invalidation& invalidation) {
  unsigned cleared = 0;
  if (may_match(invalidation)) {
    ++operations_;
    const Cycles expected = time_.of(invalidation);
    Cycles taken = 1;
    const PortResults* results = &cycle({.invalidate = &invalidation});
    for (; !results->invalidate_valid; ++taken) results = &cycle({});
    if (taken != expected) {
      throw LockstepError(fmt::format("operation {}: an invalidation took {} cycles, expected {}",
                                      operations_, taken, expected));
    }
    cleared = results->invalidate_cleared;
  }
  time_.invalidated(invalidation);
  counted_.units_invalidated += cleared;
  return cleared;
}

/// The registers show the last operation one cycle after it: an idle one changes nothing else.
TlbStatistics PortTlb::statistics() const {
  clock_idle();
  TlbStatistics result = counted_;
  std::vector<unsigned> units(entries_, 0);
  const auto valid = unit_valid();
  // One bit a unit, 32 in a word.
  for (std::uint32_t bit = 0; bit < entries_ * units_; ++bit) {
    units[bit / units_] += valid[bit / 32] >> bit % 32 & 1;
  }
  for (const unsigned live : units) {
    if (live != 0) result.density.add(live);
  }
  return result;
}

std::uint64_t PortTlb::reach_bytes() const {
  clock_idle();
  std::uint64_t units = 0;
  for (const std::uint32_t word : unit_valid()) {
    units += static_cast<unsigned>(std::popcount(word));
  }
  return units * page_bytes;
}

}  // namespace kilburn::burst_tlb
