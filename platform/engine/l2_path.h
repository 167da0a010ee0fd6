// The second-level cache without the kernel, and what lies below it.
#pragma once

#include "cache/cache.h"
#include "platform/engine/memory_bus.h"

namespace kilburn::platform {

/// What the platform's L2 cache module does, step for step.
class L2Path final : public TimedStorage {
 public:
  L2Path(const cache::CacheConfig& config, MemoryBus& bus, memory::Storage& storage);

  std::optional<Cycles> access(Address address, std::uint64_t bytes, Traffic traffic,
                               Cycles now) override;

  [[nodiscard]] const cache::CacheStatistics& statistics() const { return cache_.statistics(); }

 private:
  /// One line's look-up from cycle `at` on; the cycle in which it is answered.
  std::optional<Cycles> look_up(Address address, Traffic traffic, Cycles at);

  cache::Cache cache_;
  MemoryBus& bus_;
  Address line_mask_;
  std::uint32_t line_bytes_;
};

}  // namespace kilburn::platform
