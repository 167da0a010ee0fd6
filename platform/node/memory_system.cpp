#include "platform/node/memory_system.h"

#include <utility>

namespace kilburn::platform {

sc_core::sc_time period_of(const ClockConfig& clock) {
  return {1e6 / clock.frequency_mhz, sc_core::SC_PS};
}

MemorySystem::MemorySystem(const PlatformConfig& config, Shape shape, Clock clock)
    : storage_(storage_of(config)),
      memory_("memory", config.memory.dram, storage_, clock),
      interconnect_("interconnect", config.interconnect, std::move(shape.map),
                    own_initiators + shape.initiators, shape.targets, clock),
      invalidator_(invalidation_bus_, clock, config.rmu.ack_timeout),
      rmu_("rmu", rmu_of(config), clock, invalidation_bus_),
      l2_("l2", config.cache.l2, 1 + shape.l2_clients,
          {config.memory.storage.base, config.memory.storage.bytes}, clock),
      service_("service", service_of(config, shape.mode),
               config.rmu.enabled ? &rmu_.rmu() : nullptr, clock) {
  service_.tables.socket.bind(l2_.above[0]);
  l2_.below.bind(interconnect_.initiators[0]);
  rmu_.table.socket.bind(interconnect_.initiators[1]);
  interconnect_.targets[memory_target].bind(memory_.bus);
  interconnect_.targets[rmu_target].bind(rmu_.registers);
  invalidation_bus_.add(service_.service());
}

void MemorySystem::watch_table_writes(const TlmMemoryPort::WriteWatcher& watcher) {
  service_.tables.watch_writes(watcher);
  rmu_.table.watch_writes(watcher);
}

void MemorySystem::visit_bus(StatisticVisitor& v) const {
  v.block("interconnect", interconnect_.statistics());
  v.block("memory", memory_.statistics());
}

}  // namespace kilburn::platform
