#include "interconnect/interconnect.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

#include "common/error.h"

namespace kilburn::interconnect {
namespace {

std::string describe(const Range& range) {
  return fmt::format("{} [{:#x}, {:#x}]", range.name, range.base, range.base + (range.bytes - 1));
}

}  // namespace

void AddressMap::add(Range range) {
  if (range.bytes == 0 || range.bytes - 1 > UINT64_MAX - range.base) {
    throw InputError(fmt::format("address map: {} at {:#x} has {} bytes: allowed 1 to {}",
                                 range.name, range.base, range.bytes,
                                 range.base == 0 ? UINT64_MAX : UINT64_MAX - range.base + 1));
  }
  const auto next = std::upper_bound(ranges_.begin(), ranges_.end(), range.base,
                                     [](Address base, const Range& r) { return base < r.base; });
  const Range* overlapped = nullptr;
  if (next != ranges_.end() && next->base - range.base < range.bytes) overlapped = &*next;
  if (next != ranges_.begin() && range.base - std::prev(next)->base < std::prev(next)->bytes) {
    overlapped = &*std::prev(next);
  }
  if (overlapped != nullptr) {
    throw InputError(fmt::format("address map: {} overlaps {}: ranges must be disjoint",
                                 describe(range), describe(*overlapped)));
  }
  ranges_.insert(next, std::move(range));
}

const Range* AddressMap::find(Address address, std::uint64_t length) const {
  const auto next = std::upper_bound(ranges_.begin(), ranges_.end(), address,
                                     [](Address a, const Range& r) { return a < r.base; });
  if (next == ranges_.begin() || !std::prev(next)->contains(address, length)) return nullptr;
  return &*std::prev(next);
}

void InterconnectConfig::visit(ParameterVisitor& v) {
  v.integer("latency_cycles", latency_cycles, {0, 10'000}, "cycles",
            "traversal to the target and back, without data transfer");
  v.integer("width_bytes", width_bytes, {1, 4096, true}, "bytes/cycle",
            "data that a target's port carries in a cycle");
}

void InterconnectStatistics::visit(StatisticVisitor& v) const {
  v.counter("transactions", transactions, "transactions", "transactions that reached a target");
  v.counter("bytes", bytes, "bytes", "data carried");
  v.counter("wait_cycles", wait_cycles, "cycles", "time spent waiting for a busy target port");
  v.counter("decode_errors", decode_errors, "transactions", "transactions to no target");
  v.ratio("wait_per_transaction", wait_cycles, transactions, "cycles/transaction",
          "time that a transaction waits for its target port");
}

Interconnect::Interconnect(const InterconnectConfig& config, AddressMap map)
    : config_(config),
      width_shift_(static_cast<unsigned>(std::countr_zero(config.width_bytes))),
      map_(std::move(map)) {
  assert(std::has_single_bit(config.width_bytes) && "beats are counted by a shift");
  for (const Range& range : map_.ranges()) make_port(range.target);
}

void Interconnect::add(Range range) {
  make_port(range.target);
  map_.add(std::move(range));
}

void Interconnect::make_port(std::uint32_t target) {
  busy_until_.resize(std::max(busy_until_.size(), std::size_t{target} + 1), 0);
}

Route Interconnect::search(Address address, std::uint64_t bytes, Cycles now) {
  const Range* range = map_.find(address, bytes);
  if (range == nullptr) {
    ++statistics_.decode_errors;
    return {.latency = config_.latency_cycles};
  }
  last_ = {range->base, range->bytes, range->target, range->relative ? range->base : 0};
  return transfer(last_, bytes, now);
}

}  // namespace kilburn::interconnect
