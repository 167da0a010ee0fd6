#include "platform/node/address_map.h"

#include <fmt/format.h>

#include "common/error.h"

namespace kilburn::platform {

namespace {

constexpr Address rmu_registers = 0x1000'0000;

}  // namespace

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

interconnect::AddressMap map_of(const PlatformConfig& config) {
  interconnect::AddressMap map;
  const memory::StorageConfig storage = storage_of(config);
  map.add({storage.base, storage.bytes, memory_target, "memory"});
  try {
    map.add({rmu_registers, page_bytes, rmu_target, "rmu registers", true});
  } catch (const InputError& error) {
    throw InputError(fmt::format("memory.base = {:#x}, memory.bytes = {}: {}",
                                 config.memory.storage.base, config.memory.storage.bytes,
                                 error.what()));
  }
  return map;
}

mmu::ServiceConfig service_of(const PlatformConfig& config, PagingMode mode) {
  mmu::ServiceConfig service = config.mmu.service;
  service.page_table_cache.mode = mode;
  return service;
}

}  // namespace kilburn::platform
