#include "burst_tlb/burst_tlb_stimulus.h"

#include <algorithm>
#include <bit>

#include "common/random.h"

namespace kilburn::burst_tlb {

namespace {

constexpr std::uint64_t mask_of(std::uint32_t width) {
  return width >= 64 ? UINT64_MAX : (std::uint64_t{1} << width) - 1;
}

/// Frames lie within their leaf as the pages do.
void make_leaf(Translation& page, std::uint8_t order) {
  const PageNumber within = mask_of(order);
  page.order = order;
  page.pfn = (page.pfn & ~within) | (page.vpn & within);
}

}  // namespace

RandomStimulus::RandomStimulus(const RtlParameters& parameters, std::uint64_t seed)
    : parameters_(parameters), state_(mix64(seed) | 1) {}

std::uint64_t RandomStimulus::random() {
  return next_random(state_) >> 16;
}

/// A new stretch of the stream: other weights, other pools.
void RandomStimulus::draw_phase() {
  left_in_phase_ = 200 + below(2000);
  StimulusWeights w;
  w.lookup = static_cast<std::uint32_t>(16 + below(241));
  w.fill = static_cast<std::uint32_t>(below(257));
  w.invalidate = chance(128) ? static_cast<std::uint32_t>(below(64)) : 3;
  w.refill = static_cast<std::uint32_t>(below(257));
  w.store = static_cast<std::uint32_t>(below(128));
  w.global = chance(128) ? 0 : static_cast<std::uint32_t>(below(128));
  w.fragment = chance(192) ? 0 : static_cast<std::uint32_t>(below(96));
  w.neighbour = static_cast<std::uint32_t>(below(257));
  w.contexts = static_cast<std::uint32_t>(1 + below(6));
  // From a fraction of the array to four times of it; in half the phases so few that most hit.
  w.regions = static_cast<std::uint32_t>(1 + below(chance(128) ? 2 : parameters_.entries));
  w.pages = parameters_.burst * 4;
  // A page of many address spaces of one virtual machine: it has every way of its set.
  const bool shared = chance(32);
  if (shared) {
    w.contexts = 6;
    w.regions = 1;
    w.pages = parameters_.burst;
    w.fragment = 0;
  }
  // A few larger leaves, most of them the only one that is held.
  if (chance(48)) {
    w.invalidate = 12;
    w.all = 128;
    w.fragment = 24;
  }
  weights_ = w;

  regions_.clear();
  const PageNumber all = mask_of(parameters_.vpn_width);
  const PageNumber base = random() & all;
  for (std::uint32_t i = 0; i < w.regions; ++i) {
    // Neighbours of each other, or the same bits but one, or anywhere.
    const std::uint64_t kind = below(3);
    PageNumber region = base + PageNumber{i} * parameters_.burst;
    if (kind == 1) region = base ^ PageNumber { 1 } << below(parameters_.vpn_width);
    if (kind == 2) region = random();
    regions_.push_back(region & all);
  }
  contexts_.clear();
  for (std::uint32_t i = 0; i < w.contexts; ++i) {
    // Contexts that differ in one field of three are the hard ones.
    Context context =
        contexts_.empty() || chance(64)
            ? Context{static_cast<std::uint16_t>(random()), static_cast<std::uint16_t>(random()),
                      static_cast<std::uint16_t>(random())}
            : contexts_[below(contexts_.size())];
    const std::uint64_t field = shared ? 2 * below(2) : below(3);
    const auto flip = [&](std::uint16_t value, std::uint32_t width) {
      return static_cast<std::uint16_t>(value ^ 1u << below(width));
    };
    if (field == 0) context.asid = flip(context.asid, parameters_.asid_width);
    if (field == 1) context.vmid = flip(context.vmid, parameters_.vmid_width);
    if (field == 2) context.realm = flip(context.realm, parameters_.realm_width);
    context.asid &= static_cast<std::uint16_t>(mask_of(parameters_.asid_width));
    context.vmid &= static_cast<std::uint16_t>(mask_of(parameters_.vmid_width));
    context.realm &= static_cast<std::uint16_t>(mask_of(parameters_.realm_width));
    contexts_.push_back(context);
  }
}

PageNumber RandomStimulus::page() {
  const PageNumber first = regions_[below(regions_.size())];
  return (first + below(weights_.pages)) & mask_of(parameters_.vpn_width);
}

Context RandomStimulus::context() {
  return contexts_[below(contexts_.size())];
}

Translation RandomStimulus::translation(PageNumber vpn, bool global) {
  Translation t;
  t.vpn = vpn;
  t.pfn = random() & mask_of(parameters_.pfn_width);
  const std::uint64_t bits = random() & 0xDE;  // all but V and G
  t.permissions = static_cast<std::uint8_t>(bits | (global ? pte::global : 0));
  t.attributes = static_cast<std::uint8_t>(below(4));
  return t;
}

void RandomStimulus::draw_fill() {
  Comparand asked{page(), context(), Access::load};
  if (chance(weights_.refill) && last_miss_.vpn != 0) asked = last_miss_;
  const bool global = chance(weights_.global);
  fill_.context = asked.context;
  fill_.translation = translation(asked.vpn, global);
  fill_.neighbour_count = 0;
  if (chance(weights_.fragment)) {
    // Svnapot, or any that the page and frame numbers have room for.
    const std::uint32_t largest = std::min(parameters_.vpn_width, parameters_.pfn_width);
    auto order = static_cast<std::uint8_t>(1 + below(largest));
    if (chance(96)) order = napot_order;
    if (chance(64)) order = static_cast<std::uint8_t>(1u << below(std::bit_width(largest)));
    make_leaf(fill_.translation, order);
    leaf_ = fill_;
    // One page of it may be used.
    if (order == napot_order && chance(64)) fill_.translation.verdict_order = 0;
    return;
  }
  const PageNumber first = asked.vpn / parameters_.burst * parameters_.burst;
  for (std::uint32_t slot = 0; slot < parameters_.burst; ++slot) {
    if (first + slot == asked.vpn || !chance(weights_.neighbour)) continue;
    // Now and then one of the other kind, and one of a larger leaf.
    const bool other = chance(16);
    Translation& neighbour = fill_.neighbours[fill_.neighbour_count++];
    neighbour = translation(first + slot, global != other);
    if (weights_.fragment != 0 && chance(8)) make_leaf(neighbour, napot_order);
  }
}

void RandomStimulus::draw_invalidate() {
  using Operation = Invalidation::Operation;
  // One page by VA is what an operating system asks for most.
  constexpr Operation operations[] = {
      Operation::by_va_asid, Operation::by_va_asid, Operation::by_va,    Operation::by_va,
      Operation::by_asid,    Operation::by_vmid,    Operation::by_realm, Operation::by_guest_frame,
      Operation::by_frame,   Operation::by_va_asid, Operation::by_va,    Operation::all};
  invalidate_ = {};
  invalidate_.operation =
      chance(weights_.all) ? Operation::all : operations[below(std::size(operations))];
  invalidate_.vpn = chance(128) && last_miss_.vpn != 0 ? last_miss_.vpn : page();
  invalidate_.context = context();
  if (chance(96)) invalidate_.pages = 1 + below(std::uint64_t{1} << below(12));
  if (invalidate_.operation == Operation::by_frame) {
    // Frames are anywhere: a range that holds a share of them, or one that begins or ends close to
    // the frame filled last.
    invalidate_.pfn = random() & mask_of(parameters_.pfn_width);
    invalidate_.pages = (random() & mask_of(parameters_.pfn_width - 1)) + 1;
    if (chance(128)) {
      invalidate_.pages = 1 + below(4);
      invalidate_.pfn = (fill_.translation.pfn - below(4)) & mask_of(parameters_.pfn_width);
    }
  }
  // Of the larger leaf filled last the first page, the last, or one that differs in a bit: in the
  // leaf or not, according to the bit.
  if (const Translation leaf = leaf_.translation; leaf.order != 0 && chance(128)) {
    const PageNumber within = mask_of(leaf.order);
    const std::uint64_t kind = below(3);
    const auto near = [&](PageNumber page, std::uint32_t width) {
      if (kind == 0) return page & ~within;
      if (kind == 1) return page | within;
      return page ^ PageNumber { 1 } << below(width);
    };
    invalidate_.context = leaf_.context;
    invalidate_.vpn = near(leaf.vpn, parameters_.vpn_width);
    invalidate_.pfn = near(leaf.pfn, parameters_.pfn_width);
    invalidate_.pages = 1 + below(2);
    leaf_.translation.order = 0;
  }
  // A range ends where the field ends.
  const bool frames = invalidate_.operation == Operation::by_frame;
  const PageNumber first = frames ? invalidate_.pfn : invalidate_.vpn;
  const std::uint32_t width = frames ? parameters_.pfn_width : parameters_.vpn_width;
  invalidate_.pages = std::min(invalidate_.pages, (PageNumber{1} << width) - first);
}

const PortRequests& RandomStimulus::next(bool ready) {
  // What was offered has been taken unless an invalidation had the array.
  const bool invalidated = requests_.invalidate != nullptr;
  if (taken_) {
    requests_.invalidate = nullptr;
    if (!invalidated) {
      requests_.lookup = nullptr;
      requests_.fill = nullptr;
    }
  }
  if (left_in_phase_ == 0) draw_phase();
  --left_in_phase_;
  if (requests_.lookup == nullptr && chance(weights_.lookup)) {
    lookup_ = {page(), context(), chance(weights_.store) ? Access::store : Access::load};
    requests_.lookup = &lookup_;
  }
  if (requests_.fill == nullptr && chance(weights_.fill)) {
    draw_fill();
    requests_.fill = &fill_;
  }
  if (requests_.invalidate == nullptr && chance(weights_.invalidate)) {
    draw_invalidate();
    requests_.invalidate = &invalidate_;
  }
  taken_ = ready;
  return requests_;
}

}  // namespace kilburn::burst_tlb
