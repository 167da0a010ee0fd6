// One configuration describes a platform: every block's parameters under the block's own path.
#pragma once

#include <string_view>

#include "cache/cache.h"
#include "device/board_parameters.h"
#include "interconnect/interconnect.h"
#include "memory/dram.h"
#include "memory/storage.h"
#include "mmu/mmu.h"
#include "platform/node/device_configs.h"
#include "platform/node/ssd_config.h"
#include "riscv/hart_config.h"
#include "rmu/rmu.h"
#include "trace_os/os_config.h"

namespace kilburn::platform {

struct ClockConfig {
  std::uint32_t frequency_mhz = 2000;
  std::uint32_t quantum_cycles = 10'000;
  void visit(ParameterVisitor& v);
};

/// The in-order hart that a trace plays on.
struct TraceHartConfig {
  std::uint32_t cycles_per_instruction = 1;
  bool stores_stall = false;
  void visit(ParameterVisitor& v);
};

struct MmuBlockConfig {
  mmu::MmuConfig first_level{};
  mmu::ServiceConfig service{};
  void visit(ParameterVisitor& v) {
    first_level.visit(v);
    service.visit(v);
  }
};

struct CachesConfig {
  cache::CacheConfig l1i{};
  cache::CacheConfig l1d{};
  cache::CacheConfig l2{.bytes = std::uint64_t{1} << 20, .ways = 16, .hit_cycles = 14};
  void visit(ParameterVisitor& v);
};

struct MemoryConfig {
  memory::StorageConfig storage{.base = 0x8000'0000, .bytes = std::uint64_t{16} << 30};
  memory::DramConfig dram{};
  void visit(ParameterVisitor& v) {
    storage.visit(v);
    dram.visit(v);
  }
};

enum class Mode : std::uint8_t { sv39, sv48, sv57 };

/// Whose order `premap` maps pages in.
enum class TouchOrderOf : std::uint8_t {
  program,  ///< the program's from its start, where the trace has it; then the trace's
  trace,    ///< the trace's: as if the program had begun with it
};

struct OsBlockConfig {
  Mode mode = Mode::sv48;
  bool premap = true;
  bool realm_per_process = true;
  bool fuse = true;
  TouchOrderOf touch_order = TouchOrderOf::program;
  bool guest = false;
  trace_os::OsConfig policy{};
  Mode host_mode = Mode::sv48;
  trace_os::HostConfig host{{.seed = 2}};
  [[nodiscard]] PagingMode paging_mode() const { return mode_of(mode); }
  /// Of the G-stage: bare where there is none.
  [[nodiscard]] PagingMode guest_mode() const {
    return guest ? mode_of(host_mode) : PagingMode::bare;
  }
  static PagingMode mode_of(Mode mode) {
    return static_cast<PagingMode>(static_cast<unsigned>(mode) + 3);
  }
  void visit(ParameterVisitor& v);
};

/// What a platform is configured for: each kind of run leaves parameters of the other's unread.
inline constexpr std::string_view runs_of_traces = "traces";
inline constexpr std::string_view runs_of_software = "software";
inline constexpr std::string_view runs_of_ssd = "ssd";  ///< of a drive, without harts

struct PlatformConfig {
  ClockConfig clock{};
  TraceHartConfig hart{};
  riscv::HartConfig riscv{};
  MmuBlockConfig mmu{};
  rmu::RmuConfig rmu{.unowned = rmu::Unowned::deny};
  CachesConfig cache{};
  interconnect::InterconnectConfig interconnect{};
  MemoryConfig memory{};
  device::BoardParameters board{};
  DeviceConfigs devices{};
  OsBlockConfig os{};
  SsdConfig ssd{};
  void visit(ParameterVisitor& v);
};

}  // namespace kilburn::platform
