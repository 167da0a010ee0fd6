#include "common/retirement.h"

#include <algorithm>
#include <cassert>

namespace kilburn {

std::uint64_t RetirementBus::begin(const Retirement& retirement) {
  const std::uint64_t id = next_++;
  pending_.push_back({id, std::vector<bool>(holders_.size(), false)});
  for (std::uint32_t i = 0; i < holders_.size(); ++i)
    holders_[i]->retire(retirement, {id, i}, *this);
  return id;
}

void RetirementBus::acknowledge(RetirementTicket ticket, Cycles latency) {
  for (Pending& pending : pending_) {
    if (pending.id != ticket.retirement) continue;
    assert(ticket.holder < pending.acknowledged.size() &&
           "a ticket is passed back as it was given");
    pending.acknowledged[ticket.holder] = true;
    pending.latency = std::max(pending.latency, latency);
  }
  for (AcknowledgementListener* listener : listeners_) listener->acknowledged();
}

const RetirementBus::Pending* RetirementBus::find(std::uint64_t id) const {
  const auto found = std::ranges::find(pending_, id, &Pending::id);
  return found == pending_.end() ? nullptr : &*found;
}

bool RetirementBus::done(std::uint64_t retirement) const {
  const Pending* pending = find(retirement);
  return pending == nullptr || std::ranges::all_of(pending->acknowledged, [](bool a) { return a; });
}

Cycles RetirementBus::latency(std::uint64_t retirement) const {
  const Pending* pending = find(retirement);
  return pending == nullptr ? 0 : pending->latency;
}

std::vector<std::string> RetirementBus::missing(std::uint64_t retirement) const {
  std::vector<std::string> names;
  if (const Pending* pending = find(retirement)) {
    for (std::size_t i = 0; i < pending->acknowledged.size(); ++i) {
      if (!pending->acknowledged[i]) names.push_back(holders_[i]->holder_name());
    }
  }
  return names;
}

void RetirementBus::end(std::uint64_t retirement) {
  std::erase_if(pending_, [&](const Pending& pending) { return pending.id == retirement; });
}

RetireResult ImmediateRetirer::retire(const Retirement& retirement, Cycles /*now*/) {
  const std::uint64_t id = bus_.begin(retirement);
  RetireResult result{bus_.done(id), bus_.latency(id), bus_.missing(id)};
  bus_.end(id);
  return result;
}

}  // namespace kilburn
