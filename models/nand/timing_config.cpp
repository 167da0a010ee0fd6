#include "nand/timing_config.h"

namespace kilburn::nand {

void TimingConfig::visit(ParameterVisitor& v) {
  constexpr IntegerRange second{0, 1'000'000'000};
  v.integer("read_ns", read_ns, second, "ns", "a page from the cells to the die's register");
  v.integer("program_ns", program_ns, second, "ns", "a page from the register to the cells");
  v.integer("erase_ns", erase_ns, second, "ns", "a block");
  v.integer("command_ns", command_ns, second, "ns", "command and address, to the die");
  v.integer("bus_megatransfers", bus_megatransfers, {1, 100'000}, "MT/s",
            "transfers of 8 bits on a channel");
  v.flag("multi_plane", multi_plane,
         "what waits for other planes of a die, of the same kind, is done at the same time");
  v.flag("cache_read", cache_read, "a die senses the next page while the last one is transferred");
  v.flag("cache_program", cache_program,
         "a die takes the next page's data while the last one is programmed");
  v.integer("host_burst", host_burst, {1, 1'000'000}, "operations",
            "of the host that a die does while one of the background waits; then that one is next");
}

}  // namespace kilburn::nand
