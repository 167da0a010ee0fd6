// First-level caches for harts of a World, over a level below that answers one line at a time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "cache/cache.h"
#include "riscv/memory/first_level_caches.h"

namespace kilburn::riscv::test {

inline constexpr Cycles below_latency = 30;
inline constexpr Cycles below_occupied = 7;

/// Shared by all harts. When a request comes decides what it takes, so that one cycle more or less
/// shows.
class LevelBelow {
 public:
  struct Request {
    Address line = 0;
    Traffic traffic{};
    Cycles at = 0;
    friend bool operator==(const Request&, const Request&) = default;
  };
  /// Cycles until it has answered.
  Cycles request(Address line, Traffic traffic, Cycles at) {
    requests.push_back({line, traffic, at});
    const Cycles start = std::max(at, free_);
    free_ = start + below_occupied;
    return start + below_latency - at;
  }
  std::vector<Request> requests;

 private:
  Cycles free_ = 0;
};

/// A hart's bus: memory and devices as all harts have them, caches of its own.
class CachedBus final : public HartBus {
 public:
  CachedBus(HartBus& memory, LevelBelow& below, const cache::CacheConfig& instructions,
            const cache::CacheConfig& data)
      : l1i(instructions), l1d(data), memory_(memory), below_(below) {}

  BusReply read(Address address, unsigned bytes, Cycles now) override {
    return memory_.read(address, bytes, now);
  }
  BusReply write(Address address, std::uint64_t value, unsigned bytes, Cycles now) override {
    return memory_.write(address, value, bytes, now);
  }
  Cycles look_up(Address line, Traffic traffic, Cycles now) override {
    cache::Cache& cache = traffic == Traffic::fetch ? l1i : l1d;
    const cache::Kind kind = cache::kind_of(traffic);
    const cache::Lookup found = cache.access(line, kind);
    Cycles taken = cache.hit_cycles();
    if (found.write_below) below_.request(line, traffic, now + taken);
    if (!found.fill) return taken;
    taken += below_.request(line, cache::refill_traffic(traffic), now + taken);
    const cache::Victim victim = cache.fill(line, kind);
    if (victim.dirty) below_.request(victim.address, Traffic::writeback, now + taken);
    return taken;
  }
  [[nodiscard]] FirstLevelCaches::Tags tags() { return {.instructions = &l1i, .data = &l1d}; }

  cache::Cache l1i;
  cache::Cache l1d;

 private:
  HartBus& memory_;
  LevelBelow& below_;
};

}  // namespace kilburn::riscv::test
