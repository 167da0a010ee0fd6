#include "rmu/rmu.h"

#include <algorithm>
#include <cassert>

namespace kilburn::rmu {

namespace {

/// True where [first, first + bytes) and [other, other + other_bytes) share a byte.
constexpr bool overlap(Address first, std::uint64_t bytes, Address other,
                       std::uint64_t other_bytes) {
  return first < other + other_bytes && other < first + bytes;
}

}  // namespace

Rmu::Rmu(const RmuConfig& config, MemoryPort& port)
    : config_(config), port_(port), table_(config, port), realms_(config.realms) {
  assert(config.memory_base % (Address{1} << (config.granule_shift + config.max_order)) == 0 &&
         "checked with the configuration: groups are aligned in physical memory, too");
  realms_[0].alive = true;
}

Rmu::Rmu(const Rmu& original, MemoryPort& port)
    : config_(original.config_),
      port_(port),
      table_(original.table_, port),
      realms_(original.realms_),
      statistics_(original.statistics_) {
  assert(!original.running_ && "a command that runs belongs to its caller");
}

bool Rmu::covered(PageNumber frame) const {
  return frame - (config_.memory_base >> page_shift) < config_.memory_bytes >> page_shift;
}

bool Rmu::overlaps_table(Address first, std::uint64_t bytes) const {
  return overlap(first, bytes, config_.table_base, config_.table_bytes());
}

unsigned Rmu::uncovered_order(PageNumber frame) const {
  const auto free = [&](unsigned order) {
    const Address first = (frame >> order << order) << page_shift;
    const std::uint64_t bytes = page_bytes << order;
    return !overlap(first, bytes, config_.memory_base, config_.memory_bytes) &&
           !overlaps_table(first, bytes);
  };
  unsigned order = 0;
  while (order + 1 < all_frames_order && free(order + 1)) ++order;
  return order;
}

OwnershipReply Rmu::check(const OwnershipRequest& request, Cycles now) {
  if (!config_.enabled) return {.order = all_frames_order};
  ++statistics_.checks;
  const Verdict verdict =
      covered(request.frame) ? check_covered(request, now) : check_uncovered(request);
  ++statistics_.denials[static_cast<unsigned>(verdict.denial)];
  statistics_.transient += verdict.reply.transient ? 1 : 0;
  statistics_.check_cycles.add(verdict.reply.latency);
  return verdict.reply;
}

Rmu::Verdict Rmu::check_uncovered(const OwnershipRequest& request) const {
  const bool open = config_.uncovered == Uncovered::all ||
                    (config_.uncovered == Uncovered::realm_0 && request.realm == 0);
  Denial denial = Denial::none;
  if (overlaps_table(request.frame << page_shift, page_bytes)) {
    denial = Denial::table;
  } else if (!alive(request.realm)) {
    denial = Denial::no_realm;
  } else if (!open) {
    denial = Denial::out_of_range;
  }
  const bool allowed = denial == Denial::none;
  return {{.allowed = allowed,
           .writable = allowed,
           .order = static_cast<std::uint8_t>(allowed ? uncovered_order(request.frame) : 0),
           .latency = config_.hit_cycles,
           .transient = request.realm == dying_,
           .any_page = true},
          denial};
}

Rmu::Verdict Rmu::check_covered(const OwnershipRequest& request, Cycles now) {
  const Granule granule =
      ((request.frame << page_shift) - config_.memory_base) >> config_.granule_shift;
  Cycles latency = 0;
  OwnershipTable::Located found;
  for (bool again = true; again;) {
    const std::uint64_t version = table_.version();
    found = table_.locate(granule, now + latency);
    latency += found.latency;
    again = version != table_.version();
    statistics_.overtaken += again ? 1 : 0;
  }

  Governing governing = found.governing;
  const bool transient = governing.entry.busy || request.realm == dying_;
  if (governing.entry.busy && claim_ && claim_->head == governing.head) {
    governing.entry = claim_->visible;
  }
  const Denial denial = found.ok ? judge(governing, request) : Denial::table_error;
  OwnershipRequest store = request;
  store.access = Access::store;
  const unsigned order = found.order + config_.granule_order();
  const bool allowed = denial == Denial::none;
  return {{.allowed = allowed,
           .writable = allowed && judge(governing, store) == Denial::none,
           .order = static_cast<std::uint8_t>(allowed && !transient ? order : 0),
           .latency = latency,
           .transient = transient,
           .any_page = !compares_mapping(governing.entry, request)},
          denial};
}

Denial Rmu::judge(const Governing& governing, const OwnershipRequest& request) const {
  const Entry& entry = governing.entry;
  if (overlaps_table(request.frame << page_shift, page_bytes)) return Denial::table;
  if (!alive(request.realm)) return Denial::no_realm;
  if (entry.state == State::invalid) {
    const bool open = config_.unowned == Unowned::realm_0 && request.realm == 0;
    return open ? Denial::none : Denial::unowned;
  }
  if (entry.state != State::valid) return Denial::state;
  if (request.realm != entry.owner) {
    if (entry.sharing == Sharing::exclusive) return Denial::not_owner;
    const bool store = request.access == Access::store;
    if (store && entry.sharing == Sharing::shared_read_only) return Denial::read_only;
  }
  if (request.table && entry.data_only) return Denial::data_only;
  const PageNumber first_frame = address_of(governing.head) >> page_shift;
  if (compares_mapping(entry, request) &&
      request.mapped != entry.mapped + (request.frame - first_frame)) {
    return Denial::mapping;
  }
  return Denial::none;
}

RmuStatistics Rmu::statistics() const {
  RmuStatistics all = statistics_;
  all.table = table_.statistics();
  return all;
}

}  // namespace kilburn::rmu
