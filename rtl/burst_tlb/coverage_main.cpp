// Co-simulation of one configuration whose RTL counts its coverage: see `coverage`, which builds
// it.
#include <fmt/format.h>

#include <cstdlib>

#include "Vburst_tlb_covered.h"
#include "burst_tlb/burst_tlb_cosim.h"
#include "burst_tlb/verilated_burst_tlb.h"

namespace kilburn::burst_tlb {
std::span<const RtlConfiguration> rtl_configurations() {
  return {};  // this program has one, without a name
}
}  // namespace kilburn::burst_tlb

/// Usage: <seed> <operations> <coverage file>
int main(int argc, char** argv) {
  using namespace kilburn::burst_tlb;
  if (argc != 4) return EXIT_FAILURE;
  VerilatedBurstTlb<Vburst_tlb_covered> rtl;
  CosimOptions options;
  options.seed = std::stoull(argv[1]);
  options.operations = std::stoull(argv[2]);
  const CosimResult result = cosimulate(rtl.elaborated(), rtl, options);
  rtl.context().coveragep()->write(argv[3]);
  if (!result.difference) return EXIT_SUCCESS;
  fmt::print(stderr, "seed {}: {} differs at cycle {}: expected {}, seen {}\n", options.seed,
             result.difference->signal, result.difference->cycle, result.difference->expected,
             result.difference->seen);
  return EXIT_FAILURE;
}
