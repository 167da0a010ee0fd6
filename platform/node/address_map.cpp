#include "platform/node/address_map.h"

#include <fmt/format.h>

#include "common/error.h"

namespace kilburn::platform {

rmu::RmuConfig rmu_of(const PlatformConfig& config) {
  rmu::RmuConfig rmu = config.rmu;
  rmu.memory_base = config.memory.storage.base;
  rmu.memory_bytes = config.memory.storage.bytes;
  rmu.table_base = rmu.memory_base + rmu.memory_bytes;
  return rmu;
}

memory::StorageConfig storage_of(const PlatformConfig& config) {
  memory::StorageConfig storage = config.memory.storage;
  storage.bytes += rmu_of(config).table_bytes();
  return storage;
}

interconnect::Range memory_range(const PlatformConfig& config) {
  const memory::StorageConfig storage = storage_of(config);
  return {storage.base, storage.bytes, memory_target, "memory"};
}

interconnect::Range rmu_range(Address registers) {
  return {registers, page_bytes, rmu_target, "rmu registers", true};
}

interconnect::AddressMap map_of(const PlatformConfig& config) {
  interconnect::AddressMap map;
  map.add(memory_range(config));
  try {
    map.add(rmu_range(default_rmu_registers));
  } catch (const InputError& error) {
    throw_memory_overlap(config, error);
  }
  return map;
}

void throw_memory_overlap(const PlatformConfig& config, const InputError& overlap) {
  throw InputError(fmt::format("memory.base = {:#x}, memory.bytes = {}: {}",
                               config.memory.storage.base, config.memory.storage.bytes,
                               overlap.what()));
}

mmu::ServiceConfig service_of(const PlatformConfig& config, PagingMode mode) {
  mmu::ServiceConfig service = config.mmu.service;
  service.page_table_cache.mode = mode;
  return service;
}

}  // namespace kilburn::platform
