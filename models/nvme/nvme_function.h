// The NVM Express controller as the list of PCI Express functions has it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/parameters.h"
#include "dual_lut/dual_lut_config.h"
#include "ftl/ftl_config.h"
#include "nand/faults.h"
#include "nand/geometry.h"
#include "nand/timing_config.h"
#include "nvme/ideal_drive_config.h"

namespace kilburn::nvme {

enum class DriveKind : std::uint8_t { flash, ideal };

struct FlashConfig {
  nand::Geometry nand{};
  nand::TimingConfig timing{};
  nand::FaultConfig faults{};
  ftl::FtlConfig ftl{};
  std::string image{};
  std::string load{};
  void visit(ParameterVisitor& v);
};

struct NvmeConfig {
  std::uint32_t io_queues = 16;
  std::uint32_t queue_entries = 1024;
  std::uint32_t vectors = 17;
  std::uint32_t commands = 1024;
  std::uint32_t command_ns = 100;
  std::uint32_t admin_ns = 1000;
  std::uint32_t ready_ns = 100'000;
  std::uint32_t format_ns = 1'000'000;
  std::uint32_t transfer_pages_log2 = 5;
  std::uint32_t asynchronous_events = 4;
  std::uint32_t error_entries = 64;
  std::uint32_t temperature_kelvin = 310;
  bool ats = true;
  std::string serial = "KILBURN1";
  dual_lut::DualLutConfig dual_lut{};
  DriveKind drive = DriveKind::flash;
  FlashConfig flash{};
  IdealDriveConfig ideal{};
  void visit(ParameterVisitor& v);
};

class NvmeModule;

struct NvmeFunction {
  static constexpr std::string_view name = "nvme";
  static constexpr std::string_view description = "NVM Express controller";
  using Config = NvmeConfig;
  using Module = NvmeModule;
};

}  // namespace kilburn::nvme
