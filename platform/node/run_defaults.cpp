#include "platform/node/run_defaults.h"

#include "nvme/nvme_function.h"
#include "pcie/pcie_device.h"

namespace kilburn::platform {

PlatformConfig software_defaults() {
  PlatformConfig config;
  config.memory.storage.bytes = std::uint64_t{1} << 30;
  config.rmu.unowned = rmu::Unowned::realm_0;
  config.mmu.service.walker.ad_update = page_table_walker::AdUpdate::svadu;
  config.mmu.service.walker.svpbmt = false;  // the harts do not have it: its bits are reserved
  return config;
}

PlatformConfig ssd_defaults() {
  PlatformConfig config;
  config.memory.storage.bytes = std::uint64_t{1} << 30;
  config.rmu.unowned = rmu::Unowned::realm_0;
  config.mmu.service.walker.ad_update = page_table_walker::AdUpdate::svadu;
  config.board.iommu = true;
  auto& functions = config.devices.of<pcie::PcieDevice>().functions;
  // What was never written is read without its cells: a drive that holds something tells more.
  functions.emplace_back().become<nvme::NvmeFunction>().flash.ftl.precondition.fill = 1.0;
  config.ssd.flows.emplace_back();
  return config;
}

PlatformConfig defaults_of(std::string_view runs) {
  if (runs == runs_of_software) return software_defaults();
  if (runs == runs_of_ssd) return ssd_defaults();
  return {};
}

}  // namespace kilburn::platform
