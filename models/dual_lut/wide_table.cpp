#include "dual_lut/wide_table.h"

#include <cassert>

#include "common/random.h"

namespace kilburn::dual_lut {

WideTable::WideTable(const DualLutConfig& config)
    : config_(config),
      sets_(config.tlut_entries / config.ulut_ways),
      rows_(config.tlut_entries),
      parking_(config.tlut_entries) {}

std::optional<Id> WideTable::row_for(const Key& key) {
  const std::uint64_t hash = mix64(key.page ^ std::uint64_t{key.queue} << page_address_bits);
  const Id first = static_cast<Id>(hash & (sets_ - 1)) * config_.ulut_ways;
  const bool random = config_.eviction == Eviction::random;
  const Id turn = random ? static_cast<Id>(next_random(random_)) : 0;
  std::optional<Id> free;
  std::optional<Id> oldest;
  for (Id i = 0; i < config_.ulut_ways; ++i) {
    const Id id = first + (i + turn) % config_.ulut_ways;
    Row& row = rows_[id];
    if (names(row) && row.key == key) {
      if (config_.eviction == Eviction::lru) row.stamp = ++time_;
      return id;
    }
    if (row.state == State::free) free = id;
    const bool idle = row.state == State::placed || row.state == State::valid;
    if (!idle || row.pinned || row.uses != 0) continue;
    if (!oldest || (!random && row.stamp < rows_[*oldest].stamp)) oldest = id;
  }
  if (!free && oldest && config_.when_empty == WhenEmpty::evict) {
    ++statistics_.evictions;
    free = oldest;
  }
  if (free) rows_[*free] = {.key = key, .stamp = ++time_, .state = State::placed};
  return free;
}

LookUp WideTable::look_up(const Key& key, bool write, Waiter waiter) {
  ++statistics_.lookups;
  const std::optional<Id> id = row_for(key);
  if (!id) {
    ++statistics_.stalls;
    return {.outcome = Outcome::stalled};
  }
  Row& row = rows_[*id];
  if (row.state == State::pending) {
    ++statistics_.parked;
    parking_.park(*id, waiter);
    return {.outcome = Outcome::parked, .id = *id};
  }
  if (row.state == State::placed) return request(*id, write, waiter);
  if (write ? !row.writable : !row.readable) {
    // It was asked for to be read only: the answer does not say that it cannot be written.
    if (write && !row.asked_to_write && row.uses == 0) return request(*id, write, waiter);
    if (write && !row.asked_to_write) {
      ++statistics_.stalls;
      return {.outcome = Outcome::stalled};
    }
    ++statistics_.denied;
    return {.outcome = Outcome::denied, .id = *id};
  }
  ++statistics_.hits;
  ++row.uses;
  return {.outcome = Outcome::hit, .id = *id, .page = row.page};
}

LookUp WideTable::request(Id id, bool write, Waiter waiter) {
  ++statistics_.requests;
  rows_[id].state = State::pending;
  rows_[id].asked_to_write = write;
  parking_.park(id, waiter);
  return {.outcome = Outcome::requested, .id = id};
}

void WideTable::drop(Row& row, std::uint64_t drain) {
  if (row.uses == 0) {
    row.state = State::placed;
  } else {
    row.state = State::draining;
    row.drain = drain;
    if (drain != 0) drains_.waits_for_one(drain);
  }
}

void WideTable::end_use(Id id) {
  Row& row = rows_[id];
  assert(row.uses != 0 && "a use ends once");
  if (--row.uses != 0) return;
  if (row.state == State::draining) {
    if (row.drain != 0) drains_.one_has_ended(row.drain);
    row = {};
  } else if (config_.when_empty == WhenEmpty::stall && !row.pinned) {
    row = {};
  }
}

Completion WideTable::complete(Id id, const Answer& answer) {
  if (id >= rows_.size() || rows_[id].state != State::pending) return {};
  Row& row = rows_[id];
  if (row.orphan) {
    row = {};
    return {.waiters = parking_.release(id)};
  }
  if (row.overtaken) {
    row.overtaken = false;
    ++statistics_.late;
    ++statistics_.requests;
    return {.ask_again = true};
  }
  row.state = answer.ok ? State::valid : State::placed;
  row.page = answer.page;
  row.readable = answer.readable;
  row.writable = answer.writable;
  return {.waiters = parking_.release(id)};
}

Invalidated WideTable::invalidate(const Range& range) {
  Invalidated result{.drain = drains_.begin()};
  for (Row& row : rows_) {
    if (row.state == State::draining) {
      if (row.drain == 0 && range.covers(row.key)) {
        row.drain = result.drain;
        drains_.waits_for_one(result.drain);
      }
      continue;
    }
    if (!names(row) || row.state == State::placed || !range.covers(row.key)) continue;
    ++result.dropped;
    if (row.state == State::pending) {
      row.overtaken = true;
    } else {
      drop(row, result.drain);
    }
  }
  statistics_.invalidated += result.dropped;
  return result;
}

void WideTable::delete_queue(std::uint32_t queue) {
  for (Row& row : rows_) {
    if (row.state == State::free || row.key.queue != queue) continue;
    row.pinned = false;
    if (row.state == State::pending) {
      row.orphan = true;
    } else if (row.uses == 0) {
      row = {};
    } else if (row.state == State::valid) {
      row.state = State::draining;
      row.drain = 0;
    }
  }
}

bool WideTable::pin(const Key& key) {
  const std::optional<Id> id = row_for(key);
  if (!id) return false;
  rows_[*id].pinned = true;
  return true;
}

Census WideTable::census() const {
  Census census;
  for (const Row& row : rows_) {
    if (row.state == State::free || row.state == State::placed) {
      ++census.free;
      continue;
    }
    ++census.used;
    if (row.state == State::pending) ++census.pending;
    if (row.state == State::draining) ++census.draining;
  }
  return census;
}

}  // namespace kilburn::dual_lut
