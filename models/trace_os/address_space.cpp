#include "trace_os/address_space.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

#include "common/error.h"
#include "common/random.h"

namespace kilburn::trace_os {
namespace {

constexpr unsigned huge_order = level_order(1);

std::uint64_t space_seed(const OsConfig& config, Context context) {
  return mix64(config.seed ^ mix64(std::uint64_t{context.vmid} << 16 | context.asid));
}

/// The name of the parameter that an arena of this stage has its size from.
const char* arena_parameter(Stage stage) {
  return stage == Stage::guest ? "os.host.arena_bytes" : "os.arena_bytes";
}

const OsConfig& checked(const OsConfig& config, TableMemory memory, PageNumber first, Stage stage) {
  if (!memory.contains(first << page_shift, config.arena_bytes)) {
    throw InputError(fmt::format(
        "{} = {}: an arena at {:#x} does not fit in memory: lower it or raise memory.bytes",
        arena_parameter(stage), config.arena_bytes, first << page_shift));
  }
  return config;
}

}  // namespace

AddressSpace::AddressSpace(const OsConfig& config, PagingMode mode, Context context,
                           TableMemory memory, PageNumber first_frame, FrameObserver observer,
                           Stage stage)
    : config_(checked(config, memory, first_frame, stage)),
      context_(context),
      stage_(stage),
      memory_(memory),
      observer_(std::move(observer)),
      arena_(first_frame, config.arena_bytes >> page_shift, config.aging,
             space_seed(config, context)),
      reservations_(static_cast<unsigned>(std::countr_zero(config.eager_pages))),
      tables_(memory, mode, take_table(stage == Stage::guest ? guest_root_order : 0), stage) {
  assert(mode != PagingMode::bare && "a bare machine has no page tables");
}

AddressSpace::AddressSpace(const AddressSpace& original, TableMemory memory, FrameObserver observer)
    : config_(original.config_),
      context_(original.context_),
      stage_(original.stage_),
      memory_(memory),
      observer_(std::move(observer)),
      arena_(original.arena_),
      counts_(original.counts_),
      reservations_(original.reservations_),
      tables_(memory, original.tables_.mode(), original.tables_.root(), original.stage_),
      quarantine_(original.quarantine_),
      changes_(original.changes_),
      picks_(original.picks_) {}

std::optional<Outcome> AddressSpace::reject(Address va) const {
  if (stage_ == Stage::guest) {
    if (va >> page_shift >= tables_.user_pages()) return Outcome::non_canonical;
    return std::nullopt;
  }
  if (!is_canonical(va, tables_.mode())) return Outcome::non_canonical;
  if (va >> page_shift >= tables_.user_pages()) return Outcome::kernel_half;
  return std::nullopt;
}

Touch AddressSpace::touch(Address va, Access access) {
  if (const auto rejected = reject(va)) return {.outcome = *rejected, .vpn = va >> page_shift};
  const PageNumber vpn = va >> page_shift;
  const WalkEnd at = tables_.walk(vpn);
  if (at.mapped()) {
    Touch touch{.outcome = Outcome::present,
                .vpn = align_down(vpn, at.order()),
                .pfn = at.pfn(),
                .order = static_cast<std::uint8_t>(at.order())};
    const std::uint64_t used =
        at.entry | pte::accessed | (access == Access::store ? pte::dirty : 0);
    if (used != at.entry) {
      tables_.write(at.entry_address, used);
      touch.outcome = Outcome::marked;
      touch.latency = config_.page_fault_cycles;
      ++counts_.marks;
    }
    return touch;
  }
  const bool populate = config_.populate && !reservations_.knows(vpn);
  Touch touch = map_leaf(vpn, at, access);
  ++counts_.faults;
  touch.latency = config_.page_fault_cycles;
  if (populate) populate_region(vpn, touch);
  return touch;
}

void AddressSpace::populate_region(PageNumber vpn, Touch& touch) {
  const PageNumber first = vpn & ~PageNumber{config_.eager_pages - 1};
  for (PageNumber page = first; page < first + config_.eager_pages; ++page) {
    const WalkEnd at = tables_.walk(page);
    if (!at.mapped()) touch.pages += map_leaf(page, at, Access::load).pages;
  }
}

Touch AddressSpace::map(Address va, PageNumber pages) {
  Touch whole{.vpn = va >> page_shift};
  for (PageNumber i = 0; i < pages; ++i) {
    const Touch one = touch(va + (i << page_shift), Access::load);
    if (one.outcome != Outcome::mapped && one.outcome != Outcome::present) {
      whole.outcome = one.outcome;
      whole.vpn = one.vpn;
      return whole;
    }
    if (one.outcome == Outcome::mapped) whole.outcome = Outcome::mapped;
    if (i == 0) {
      whole.pfn = one.pfn;
      whole.order = one.order;
    }
    whole.pages += one.pages;
    whole.latency += one.latency;
  }
  return whole;
}

Touch AddressSpace::map_leaf(PageNumber vpn, const WalkEnd& at, Access access) {
  unsigned order = wanted_order(vpn, at);
  auto frames = find_frames(align_down(vpn, order), order);
  if (!frames && order != 0) {
    ++(order == huge_order ? counts_.huge_fallbacks : counts_.napot_fallbacks);
    order = 0;
    frames = find_frames(vpn, order);
  }
  if (!frames) out_of_frames();
  const PageNumber first = align_down(vpn, order);
  const std::uint64_t dirty = access == Access::store ? pte::dirty : 0;
  tables_.write_leaf(grow(first, at, order == huge_order ? 1 : 0), *frames, order,
                     pte::valid | permission_bits | pte::accessed | dirty);
  ++(order == huge_order    ? counts_.huge_leaves
     : order == napot_order ? counts_.napot_leaves
                            : counts_.small_leaves);
  counts_.frames_used += PageNumber{1} << order;
  report(FrameEvent::Use::data, *frames, order, first);
  return {Outcome::mapped,        first, *frames, static_cast<std::uint8_t>(order),
          PageNumber{1} << order, 0};
}

unsigned AddressSpace::wanted_order(PageNumber vpn, const WalkEnd& at) const {
  switch (config_.pages) {
    case Pages::small:
      return 0;
    case Pages::thp:
      return at.level > 0 ? huge_order : 0;
    case Pages::napot: {
      bool mapped = false;
      const PageNumber first = align_down(vpn, napot_order);
      tables_.for_each_leaf(first, first + (PageNumber{1} << napot_order),
                            [&](PageNumber, const WalkEnd&) { mapped = true; });
      return mapped ? 0 : napot_order;
    }
  }
  return 0;
}

std::optional<PageNumber> AddressSpace::find_frames(PageNumber vpn, unsigned order) {
  if (config_.placement == Placement::eager) {
    if (const auto kept = reservations_.take(vpn, order, arena_)) return kept;
  }
  return arena_.allocate(order);
}

PageNumber AddressSpace::take_frame() {
  const auto frame = arena_.allocate(0);
  if (!frame) out_of_frames();
  return *frame;
}

PageNumber AddressSpace::take_table(unsigned order) {
  const auto table = arena_.allocate(order);
  if (!table) out_of_frames();
  report(FrameEvent::Use::table, *table, order, 0);
  for (PageNumber frame = *table; frame < *table + (PageNumber{1} << order); ++frame) {
    std::byte* const bytes = memory_.frame(frame);
    std::fill(bytes, bytes + page_bytes, std::byte{0});
    ++counts_.table_frames;
  }
  return *table;
}

void AddressSpace::out_of_frames() const {
  throw InputError(fmt::format(
      "{} = {}: {} {} needs more: it has mapped {} frames, {} hold tables, {} are reserved, {} "
      "await invalidation, and others hold the rest (aging = {}); "
      "allowed "
      "is up to 2^44",
      arena_parameter(stage_), config_.arena_bytes,
      stage_ == Stage::guest ? "the guest of VMID" : "address space",
      stage_ == Stage::guest ? context_.vmid : context_.asid, counts_.frames_used,
      counts_.table_frames, reservations_.frames(), counts_.quarantined_frames, config_.aging));
}

Address AddressSpace::grow(PageNumber vpn, WalkEnd at, unsigned level) {
  Address entry = at.level == 0 ? PageTables::entry_address(at.entry_address >> page_shift, vpn, 0)
                                : at.entry_address;
  for (unsigned from = at.level; from > level; --from) {
    const PageNumber table = take_table();
    tables_.write(entry, pte::make(table, pte::valid));
    entry = PageTables::entry_address(table, vpn, from - 1);
  }
  return entry;
}

void AddressSpace::report(FrameEvent::Use use, PageNumber pfn, unsigned order,
                          PageNumber vpn) const {
  if (observer_) observer_({use, pfn, PageNumber{1} << order, vpn});
}

std::optional<Translation> AddressSpace::translate(Address va) const {
  if (reject(va)) return std::nullopt;
  const PageNumber vpn = va >> page_shift;
  const WalkEnd leaf = tables_.walk(vpn);
  if (!leaf.mapped()) return std::nullopt;
  return Translation{.vpn = vpn,
                     .pfn = leaf.pfn() + (vpn - align_down(vpn, leaf.order())),
                     .order = static_cast<std::uint8_t>(leaf.order()),
                     .permissions = static_cast<std::uint8_t>(leaf.entry & 0xFE)};
}

std::optional<PageNumber> AddressSpace::pick_page() {
  return tables_.pick(mix64(space_seed(config_, context_) + ++picks_));
}

}  // namespace kilburn::trace_os
