#include "platform/board/board_config.h"

#include <fmt/format.h>

#include "common/error.h"
#include "kilburn/board.h"
#include "platform/node/address_map.h"

namespace kilburn::board {

using platform::PlatformConfig;

PlatformConfig checked(PlatformConfig config) {
  if (config.mmu.service.walker.svpbmt) {
    throw InputError(
        "mmu.walker.svpbmt: true: allowed is false with software, as its harts do not have Svpbmt");
  }
  if (config.rmu.enabled && config.mmu.service.check_ownership &&
      config.rmu.uncovered == rmu::Uncovered::deny) {
    throw InputError(fmt::format(
        "rmu.uncovered: deny: allowed with software is realm_0 or all: harts begin in the boot "
        "ROM, "
        "{:#x} to {:#x}, and reach devices below {:#x}, none of which the ownership table covers",
        BOARD_ROM, BOARD_ROM + BOARD_ROM_BYTES - 1, config.memory.storage.base));
  }
  config.riscv.adue = config.mmu.service.walker.ad_update == page_table_walker::AdUpdate::svadu;
  config.riscv.aia = config.board.aia != device::Aia::none;
  config.riscv.guest_files = config.board.guest_files;
  return config;
}

void check_reset_vector(const PlatformConfig& config, const interconnect::AddressMap& map) {
  const interconnect::Range* first = map.find(config.riscv.reset_vector, 2);
  if (first != nullptr && (first->name == "rom" || first->name == "memory")) return;
  const memory::StorageConfig storage = platform::storage_of(config);
  throw InputError(fmt::format(
      "riscv.reset_vector = {:#x}: allowed are addresses of memory, [{:#x}, {:#x}], and of the "
      "ROM, [{:#x}, {:#x}]",
      config.riscv.reset_vector, storage.base, storage.base + (storage.bytes - 1), BOARD_ROM,
      BOARD_ROM + (BOARD_ROM_BYTES - 1)));
}

std::string isa_of(const PlatformConfig& config) {
  const page_table_walker::WalkerConfig& walker = config.mmu.service.walker;
  const bool svadu = walker.ad_update != page_table_walker::AdUpdate::fault;
  return fmt::format("rv64imafdc{}_zicntr_zicsr_zifencei_zihpm_zba_zbb_zbs{}_sstc{}_svinval{}",
                     config.riscv.hypervisor ? "h" : "",
                     config.board.aia != device::Aia::none ? "_smaia_ssaia" : "",
                     svadu ? "_svadu" : "", walker.svnapot ? "_svnapot" : "");
}

std::string_view mmu_type_of(PagingMode mode) {
  switch (mode) {
    case PagingMode::sv39:
      return "riscv,sv39";
    case PagingMode::sv48:
      return "riscv,sv48";
    case PagingMode::sv57:
      return "riscv,sv57";
    case PagingMode::bare:
      break;
  }
  return "riscv,none";
}

device::TreeNodes rmu_nodes() {
  return {.bus = [](device::TreeWriter& tree) {
    tree.node(device::node_name("rmu", BOARD_RMU), [&] {
      tree.label("rmu");
      tree.texts("compatible", {"kilburn,rmu"});
      tree.wide_cells("reg", {BOARD_RMU, BOARD_RMU_BYTES});
    });
  }};
}

}  // namespace kilburn::board
