#include "nand/faults.h"

namespace kilburn::nand {

void FaultConfig::visit(ParameterVisitor& v) {
  v.real("factory_bad_rate", factory_bad_rate, {0.0, 0.5}, "",
         "share of blocks bad from the start");
  v.real("read_rate", read_rate, {0.0, 1.0}, "",
         "share of frames that cannot be read, drawn anew for each erase of their block");
  v.real("program_rate", program_rate, {0.0, 1.0}, "", "share of programs that fail");
  v.real("erase_rate", erase_rate, {0.0, 1.0}, "", "share of erases that fail");
  v.integer("seed", seed, {}, "", "what these are drawn from");
}

}  // namespace kilburn::nand
