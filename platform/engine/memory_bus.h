// Interconnect and DRAM without the kernel: what an access that leaves the caches takes.
#pragma once

#include "interconnect/interconnect.h"
#include "memory/dram.h"
#include "platform/engine/timed_storage.h"
#include "platform/node/address_map.h"

namespace kilburn::platform {

/// The mechanisms that the platform's interconnect and memory modules hold, asked in the order in
/// which a transaction passes them.
class MemoryBus final : public TimedStorage {
 public:
  MemoryBus(const PlatformConfig& config, memory::Storage& storage)
      : TimedStorage(storage),
        interconnect_(config.interconnect, map_of(config)),
        dram_(config.memory.dram) {}
  /// A copy, with open rows and busy times, over `storage`, a copy of its memory.
  MemoryBus(const MemoryBus& original, memory::Storage& storage)
      : TimedStorage(storage), interconnect_(original.interconnect_), dram_(original.dram_) {}

  std::optional<Cycles> access(Address address, std::uint64_t bytes, Traffic traffic,
                               Cycles now) override {
    const interconnect::Route route = interconnect_.route(address, bytes, now);
    if (!route.ok || route.target != memory_target) return std::nullopt;
    return route.latency + dram_.burst(address, bytes, is_write(traffic), now + route.latency);
  }

  [[nodiscard]] const interconnect::InterconnectStatistics& interconnect_statistics() const {
    return interconnect_.statistics();
  }
  [[nodiscard]] const memory::DramStatistics& dram_statistics() const { return dram_.statistics(); }

 private:
  interconnect::Interconnect interconnect_;
  memory::Dram dram_;
};

}  // namespace kilburn::platform
