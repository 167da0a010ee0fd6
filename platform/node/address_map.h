// Where the platform's memory, ownership table and registers lie.
#pragma once

#include "interconnect/interconnect.h"
#include "memory/storage.h"
#include "platform/node/platform_config.h"
#include "rmu/rmu_config.h"

namespace kilburn::platform {

/// Targets of the interconnect.
enum Target : std::uint32_t { memory_target, rmu_target, target_count };

/// The ownership table lies in a carve-out of its own above the memory that it describes, where the
/// RMU lets nobody go but itself.
[[nodiscard]] rmu::RmuConfig rmu_of(const PlatformConfig& config);
/// Memory and, above it, the carve-out.
[[nodiscard]] memory::StorageConfig storage_of(const PlatformConfig& config);
[[nodiscard]] interconnect::AddressMap map_of(const PlatformConfig& config);
/// For tables of up to `mode`.
[[nodiscard]] mmu::ServiceConfig service_of(const PlatformConfig& config, PagingMode mode);

}  // namespace kilburn::platform
