#include "platform/engine/l2_path.h"

namespace kilburn::platform {

L2Path::L2Path(const cache::CacheConfig& config, MemoryBus& bus, memory::Storage& storage)
    : TimedStorage(storage),
      cache_(config),
      bus_(bus),
      line_mask_(~(Address{config.line_bytes} - 1)),
      line_bytes_(config.line_bytes) {}

std::optional<Cycles> L2Path::access(Address address, std::uint64_t bytes, Traffic traffic,
                                     Cycles now) {
  const Address last = address + bytes - 1;
  std::optional<Cycles> at = look_up(address, traffic, now);
  for (Address line = address & line_mask_; at && (last & line_mask_) != line;) {
    line += line_bytes_;
    at = look_up(line, traffic, *at);
  }
  if (!at) return std::nullopt;
  return *at - now;
}

std::optional<Cycles> L2Path::look_up(Address address, Traffic traffic, Cycles at) {
  const cache::Kind kind = cache::kind_of(traffic);
  const cache::Lookup found = cache_.access(address, kind);
  at += cache_.hit_cycles();
  if (found.hit && !found.write_below) return at;
  if (found.write_below) {  // posted: nobody waits for it
    if (!bus_.access(address & line_mask_, line_bytes_, traffic, at)) return std::nullopt;
    return at;
  }
  const auto refill =
      bus_.access(address & line_mask_, line_bytes_, cache::refill_traffic(traffic), at);
  if (!refill) return std::nullopt;
  at += *refill;
  const cache::Victim victim = cache_.fill(address, kind);
  if (victim.valid && victim.dirty &&
      !bus_.access(victim.address, line_bytes_, Traffic::writeback, at)) {
    return std::nullopt;
  }
  return at;
}

}  // namespace kilburn::platform
