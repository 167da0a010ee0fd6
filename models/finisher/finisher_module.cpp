#include "finisher/finisher_module.h"

#include "kilburn/board.h"

namespace kilburn::finisher {

FinisherModule::FinisherModule(const sc_core::sc_module_name& name, Clock clock,
                               Cycles register_cycles, std::function<void(const End&)> finished)
    : RegisterModule(name, BOARD_FINISHER_BYTES, clock, register_cycles),
      finisher_(std::move(finished)) {}

FinisherModule::FinisherModule(const sc_core::sc_module_name& name, const Config& /*config*/,
                               device::Surroundings& surroundings)
    : FinisherModule(name, surroundings.clock, surroundings.register_cycles, surroundings.end) {}

std::vector<device::Range> FinisherModule::ranges() {
  return {{.base = BOARD_FINISHER, .bytes = BOARD_FINISHER_BYTES, .socket = registers}};
}

device::TreeNodes FinisherModule::nodes() {
  // How Linux powers off and reboots: a value to write into the register.
  const auto syscon = [](device::TreeWriter& tree, const char* name, const char* compatible,
                         std::uint32_t value) {
    tree.node(name, [&] {
      tree.texts("compatible", {compatible});
      tree.cells("regmap", {tree.phandle("test")});
      tree.cells("offset", {FINISHER_COMMAND});
      tree.cells("value", {value});
    });
  };
  return {.bus =
              [](device::TreeWriter& tree) {
                tree.node(device::node_name("test", BOARD_FINISHER), [&] {
                  tree.label("test");
                  tree.texts("compatible", {"sifive,test1", "sifive,test0", "syscon"});
                  tree.wide_cells("reg", {BOARD_FINISHER, BOARD_FINISHER_BYTES});
                });
              },
          .root =
              [syscon](device::TreeWriter& tree) {
                syscon(tree, "poweroff", "syscon-poweroff", FINISHER_PASS);
                syscon(tree, "reboot", "syscon-reboot", FINISHER_RESET);
              }};
}

std::uint64_t FinisherModule::read(unsigned /*offset*/, unsigned /*length*/, Cycles /*now*/) {
  return 0;
}

void FinisherModule::write(unsigned offset, unsigned /*length*/, std::uint64_t value, Cycles now) {
  if (offset == FINISHER_COMMAND) finisher_.write(static_cast<std::uint32_t>(value), now);
}

}  // namespace kilburn::finisher
