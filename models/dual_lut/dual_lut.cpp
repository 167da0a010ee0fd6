#include "dual_lut/dual_lut.h"

#include <cassert>

namespace kilburn::dual_lut {

LookUp DualLut::look_up(const Key& key, bool write, Waiter waiter) {
  const LookUp found = find(key, write);
  return found.outcome == Outcome::stalled ? found : read(found.id, write, waiter);
}

LookUp DualLut::find(const Key& key, bool write) {
  ++statistics_.lookups;
  const std::optional<Ulut::Slot> slot = slot_for(key);
  if (!slot) {
    ++statistics_.stalls;
    return {.outcome = Outcome::stalled};
  }
  Ulut::Entry& entry = untranslated_.ulut[*slot];
  if (entry.has_id) {
    Tlut::Entry& translation = translated_.tlut[entry.id];
    // It was asked for to be read only: the answer does not say that it cannot be written.
    if (write && translation.valid && !translation.writable && !translation.asked_to_write) {
      take_id_from(entry, 0);
    } else {
      untranslated_.pool.used(entry.id);
      ++translation.uses;
      return {.outcome = Outcome::hit, .id = entry.id};
    }
  }
  const std::optional<Id> id = id_for(*slot);
  if (!id) {
    ++statistics_.stalls;
    return {.outcome = Outcome::stalled};
  }
  entry.id = *id;
  entry.has_id = true;
  untranslated_.slot_of[*id] = *slot;
  translated_.tlut.begin_request(*id, write);
  ++translated_.tlut[*id].uses;
  ++statistics_.requests;
  return {.outcome = Outcome::requested, .id = *id};
}

LookUp DualLut::read(Id id, bool write, Waiter waiter) {
  const LookUp result = translated_.read(id, write, waiter);
  if (result.outcome == Outcome::hit) {
    ++statistics_.hits;
    return result;
  }
  if (result.outcome == Outcome::parked) ++statistics_.parked;
  if (result.outcome == Outcome::denied) ++statistics_.denied;
  end_use(id);
  return result;
}

LookUp TranslatedSide::read(Id id, bool write, Waiter waiter) {
  Tlut::Entry& entry = tlut[id];
  if (entry.pending) {
    const bool first = !entry.sent;
    entry.sent = true;
    parking.park(id, waiter);
    return {.outcome = first ? Outcome::requested : Outcome::parked, .id = id};
  }
  // Between the two halves an invalidation has come: look up again.
  if (!entry.valid) return {.outcome = Outcome::stalled, .id = id};
  if (write ? !entry.writable : !entry.readable) return {.outcome = Outcome::denied, .id = id};
  return {.outcome = Outcome::hit, .id = id, .page = entry.page};
}

std::optional<Ulut::Slot> DualLut::slot_for(const Key& key) {
  Ulut& ulut = untranslated_.ulut;
  if (const std::optional<Ulut::Slot> known = ulut.find(key)) return known;
  const std::optional<Ulut::Slot> place = ulut.place_for(key, [this](const Ulut::Entry& entry) {
    return !entry.pinned && (!entry.has_id || may_leave(entry.id));
  });
  if (!place) return std::nullopt;
  if (ulut[*place].valid) ++statistics_.conflicts;
  take_id_from(ulut[*place], 0);
  ulut.fill(*place, key);
  return place;
}

std::optional<Id> DualLut::id_for(Ulut::Slot slot) {
  IdPool& pool = untranslated_.pool;
  if (const std::optional<Id> free = pool.take()) return free;
  // Nobody would ever give an id back for a queue's page.
  if (config_.when_empty == WhenEmpty::stall && !untranslated_.ulut[slot].pinned) {
    return std::nullopt;
  }
  const std::optional<Id> victim = pool.victim([this](Id id) { return may_leave(id); });
  if (!victim) return std::nullopt;
  ++statistics_.evictions;
  take_id_from(untranslated_.ulut[untranslated_.slot_of[*victim]], 0);
  return pool.take();
}

bool DualLut::may_leave(Id id) {
  const Tlut::Entry& entry = translated_.tlut[id];
  return entry.named && !entry.pending && entry.uses == 0 &&
         !untranslated_.ulut[untranslated_.slot_of[id]].pinned;
}

void DualLut::take_id_from(Ulut::Entry& entry, std::uint64_t drain) {
  if (!entry.valid || !entry.has_id) return;
  Tlut::Entry& translation = translated_.tlut[entry.id];
  translation.valid = false;
  translation.named = false;
  entry.has_id = false;
  if (translation.pending) return;  // it goes back with its answer
  if (translation.uses == 0) {
    untranslated_.pool.give_back(entry.id);
  } else if (drain != 0) {
    translation.drain = drain;
    drains_.waits_for_one(drain);
  }
}

void DualLut::end_use(Id id) {
  Tlut::Entry& entry = translated_.tlut[id];
  assert(entry.uses != 0 && "a use ends once");
  if (--entry.uses != 0 || entry.pending) return;
  if (entry.named) {
    // With a pool that nothing is evicted from, ids come and go by use.
    Ulut::Entry& owner = untranslated_.ulut[untranslated_.slot_of[id]];
    if (config_.when_empty == WhenEmpty::stall && !owner.pinned) take_id_from(owner, 0);
    return;
  }
  if (entry.drain != 0) drains_.one_has_ended(entry.drain);
  entry.drain = 0;
  untranslated_.pool.give_back(id);
}

bool DualLut::wanted(Id id) const {
  const Tlut::Entry& entry = translated_.tlut.entries()[id];
  return entry.pending && entry.named;
}

Completion DualLut::complete(Id id, const Answer& answer) {
  if (id >= untranslated_.pool.total()) return {};
  Tlut::Entry& entry = translated_.tlut[id];
  if (!entry.pending) return {};
  if (!entry.named) {  // its queue was deleted
    entry.pending = false;
    if (entry.uses == 0) untranslated_.pool.give_back(id);
    return {.waiters = translated_.parking.release(id)};
  }
  if (entry.overtaken) {
    entry.overtaken = false;
    ++statistics_.late;
    ++statistics_.requests;
    return {.ask_again = true};
  }
  translated_.tlut.fill(id, answer);
  if (!answer.ok) take_id_from(untranslated_.ulut[untranslated_.slot_of[id]], 0);
  return {.waiters = translated_.parking.release(id)};
}

Invalidated DualLut::invalidate(const Range& range) {
  Invalidated result{.drain = drains_.begin()};
  for (Ulut::Entry& entry : untranslated_.ulut.entries()) {
    if (!entry.valid || !entry.has_id || !range.covers(entry.key)) continue;
    ++result.dropped;
    Tlut::Entry& translation = translated_.tlut[entry.id];
    if (translation.pending) {
      translation.overtaken = true;
    } else {
      take_id_from(entry, result.drain);
    }
  }
  // What left its place before, and is in use, may be of the range: nobody knows its page any more.
  for (Id id = 0; id < untranslated_.pool.total(); ++id) {
    Tlut::Entry& translation = translated_.tlut[id];
    if (translation.uses == 0 || translation.named || translation.pending ||
        translation.drain != 0) {
      continue;
    }
    translation.drain = result.drain;
    drains_.waits_for_one(result.drain);
  }
  statistics_.invalidated += result.dropped;
  return result;
}

void DualLut::delete_queue(std::uint32_t queue) {
  for (Ulut::Entry& entry : untranslated_.ulut.entries()) {
    if (!entry.valid || entry.key.queue != queue) continue;
    take_id_from(entry, 0);
    entry = {};
  }
}

bool DualLut::pin(const Key& key) {
  const std::optional<Ulut::Slot> slot = slot_for(key);
  if (!slot) return false;
  untranslated_.ulut[*slot].pinned = true;
  return true;
}

Census DualLut::census() const {
  Census census{.free = untranslated_.pool.free()};
  for (Id id = 0; id < untranslated_.pool.total(); ++id) {
    if (!untranslated_.pool.taken(id)) continue;
    ++census.used;
    const Tlut::Entry& entry = translated_.tlut.entries()[id];
    if (entry.pending) ++census.pending;
    if (!entry.named && !entry.pending) ++census.draining;
  }
  return census;
}

}  // namespace kilburn::dual_lut
