// Where a node's memory, ownership table and registers lie.
#pragma once

#include "common/error.h"
#include "interconnect/interconnect.h"
#include "memory/storage.h"
#include "platform/node/platform_config.h"
#include "rmu/rmu_config.h"

namespace kilburn::platform {

/// The first targets of the interconnect.
enum Target : std::uint32_t { memory_target, rmu_target };

/// Where a platform without devices has them.
inline constexpr Address default_rmu_registers = 0x1000'0000;

/// The ownership table lies in a carve-out of its own above the memory that it describes, where the
/// RMU lets nobody go but itself.
[[nodiscard]] rmu::RmuConfig rmu_of(const PlatformConfig& config);
/// Memory and, above it, the carve-out.
[[nodiscard]] memory::StorageConfig storage_of(const PlatformConfig& config);
[[nodiscard]] interconnect::Range memory_range(const PlatformConfig& config);
[[nodiscard]] interconnect::Range rmu_range(Address registers);
/// Of a platform without devices.
[[nodiscard]] interconnect::AddressMap map_of(const PlatformConfig& config);
/// Throws InputError: `overlap` with the parameters that say where the memory is.
[[noreturn]] void throw_memory_overlap(const PlatformConfig& config, const InputError& overlap);
/// For tables of up to `mode`.
[[nodiscard]] mmu::ServiceConfig service_of(const PlatformConfig& config, PagingMode mode);

}  // namespace kilburn::platform
