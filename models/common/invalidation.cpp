#include "common/invalidation.h"

#include <algorithm>
#include <cassert>

namespace kilburn {

std::uint64_t InvalidationBus::begin(const Invalidation& invalidation) {
  const std::uint64_t id = next_++;
  pending_.push_back({id, std::vector<bool>(holders_.size(), false)});
  for (std::uint32_t i = 0; i < holders_.size(); ++i)
    holders_[i]->invalidate(invalidation, {id, i}, *this);
  return id;
}

void InvalidationBus::acknowledge(InvalidationTicket ticket, Cycles latency) {
  for (Pending& pending : pending_) {
    if (pending.id != ticket.invalidation) continue;
    assert(ticket.holder < pending.acknowledged.size() &&
           "a ticket is passed back as it was given");
    pending.acknowledged[ticket.holder] = true;
    pending.latency = std::max(pending.latency, latency);
  }
  for (AcknowledgementListener* listener : listeners_) listener->acknowledged();
}

const InvalidationBus::Pending* InvalidationBus::find(std::uint64_t id) const {
  const auto found = std::ranges::find(pending_, id, &Pending::id);
  return found == pending_.end() ? nullptr : &*found;
}

bool InvalidationBus::done(std::uint64_t invalidation) const {
  const Pending* pending = find(invalidation);
  return pending == nullptr || std::ranges::all_of(pending->acknowledged, [](bool a) { return a; });
}

Cycles InvalidationBus::latency(std::uint64_t invalidation) const {
  const Pending* pending = find(invalidation);
  return pending == nullptr ? 0 : pending->latency;
}

std::vector<std::string> InvalidationBus::missing(std::uint64_t invalidation) const {
  std::vector<std::string> names;
  if (const Pending* pending = find(invalidation)) {
    for (std::size_t i = 0; i < pending->acknowledged.size(); ++i) {
      if (!pending->acknowledged[i]) names.push_back(holders_[i]->holder_name());
    }
  }
  return names;
}

void InvalidationBus::end(std::uint64_t invalidation) {
  std::erase_if(pending_, [&](const Pending& pending) { return pending.id == invalidation; });
}

InvalidateResult ImmediateInvalidator::invalidate(const Invalidation& invalidation,
                                                  Cycles /*now*/) {
  const std::uint64_t id = bus_.begin(invalidation);
  InvalidateResult result{bus_.done(id), bus_.latency(id), bus_.missing(id)};
  bus_.end(id);
  return result;
}

}  // namespace kilburn
