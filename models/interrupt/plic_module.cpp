#include "interrupt/plic_module.h"

#include "kilburn/board.h"

namespace kilburn::interrupt {

PlicModule::PlicModule(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
                       std::span<InterruptSink* const> harts)
    : RegisterModule(name, BOARD_PLIC_BYTES, clock, register_cycles),
      harts_(static_cast<unsigned>(harts.size())),
      plic_(harts) {}

PlicModule::PlicModule(const sc_core::sc_module_name& name, const Config& /*config*/,
                       device::Surroundings& surroundings)
    : PlicModule(name, surroundings.clock, surroundings.register_cycles, surroundings.harts) {}

std::vector<device::Range> PlicModule::ranges() {
  return {{.base = BOARD_PLIC, .bytes = BOARD_PLIC_BYTES, .socket = registers}};
}

device::TreeNodes PlicModule::nodes(unsigned harts) {
  return {.bus =
              [harts](device::TreeWriter& tree) {
                tree.node(device::node_name("plic", BOARD_PLIC), [&] {
                  tree.label("plic");
                  tree.texts("compatible", {"sifive,plic-1.0.0", "riscv,plic0"});
                  tree.wide_cells("reg", {BOARD_PLIC, BOARD_PLIC_BYTES});
                  tree.cells("#address-cells", {0});
                  tree.cells("#interrupt-cells", {1});
                  tree.flag("interrupt-controller");
                  tree.cells("riscv,ndev", {BOARD_PLIC_SOURCES});
                  device::lines_to_harts(tree, harts, hart_line::machine_external,
                                         hart_line::supervisor_external);
                });
              },
          .wired = device::WiredController{.label = "plic", .senses = false}};
}

std::uint64_t PlicModule::read(unsigned offset, unsigned /*length*/, Cycles /*now*/) {
  return plic_.read(offset);
}

void PlicModule::write(unsigned offset, unsigned /*length*/, std::uint64_t value, Cycles /*now*/) {
  plic_.write(offset, static_cast<std::uint32_t>(value));
}

}  // namespace kilburn::interrupt
