#include "platform/engine/setup.h"

#include "platform/replay/trace_limits.h"

namespace kilburn::platform {

Setup::Setup(const PlatformConfig& config, Processes& processes, std::uint64_t limit,
             const std::atomic<bool>* interrupt)
    : config_(playable(config, processes.size())),
      storage_(storage_of(config), memory::Backing::file),
      bus_(config, storage_),
      holder_(config.mmu.service.invalidation_cycles),
      rmu_(rmu_of(config), bus_),
      services_(config_, storage_, rmu_, invalidator_) {
  invalidation_bus_.add(holder_);
  services_.begin(0);
  for (auto& process : processes) {
    process->start(services_);
    if (config.os.premap) process->premap(services_, limit, interrupt);
  }
}

}  // namespace kilburn::platform
