#include "riscv/hart_config.h"

namespace kilburn::riscv {
namespace {

/// What satp.MODE can be beside bare, counted from 0 as a choice needs it.
enum class LargestMode : std::uint8_t { sv39, sv48, sv57 };
constexpr auto levels_of_first = static_cast<std::uint8_t>(PagingMode::sv39);

}  // namespace

void HartConfig::visit(ParameterVisitor& v) {
  v.integer("harts", harts, {1, 8}, "harts", "harts of the platform");
  v.integer("cycles_per_instruction", cycles_per_instruction, {1, 1000}, "cycles",
            "time of an instruction whose lookups and accesses hit");
  v.choice("timing", timing, {"caches", "ideal"},
           "what main memory costs a hart: what its first-level caches and the levels below take "
           "longer than a first-level hit, or nothing");
  v.flag("stores_stall", stores_stall,
         "with timing = caches a store waits for its cache line; false: a store buffer hides it");
  v.integer("pmp_entries", pmp_entries, {0, 64}, "entries",
            "physical memory protection entries of a hart: 0, 16 or 64");
  v.require(pmp_entries == 0 || pmp_entries == 16 || pmp_entries == 64,
            "pmp_entries must be 0, 16 or 64");
  auto mode = static_cast<LargestMode>(static_cast<std::uint8_t>(largest_mode) - levels_of_first);
  v.choice("largest_mode", mode, {"sv39", "sv48", "sv57"},
           "largest paging mode that satp, vsatp and hgatp accept");
  largest_mode = static_cast<PagingMode>(static_cast<std::uint8_t>(mode) + levels_of_first);
  v.flag("hypervisor", hypervisor, "the hypervisor extension is there");
  v.flag("transformed_instructions", transformed_instructions,
         "mtinst and htinst hold the transformed load or store that faulted; false: zero");
  v.choice(
      "fence_va", fence_va, {"leaf", "path"},
      "what sfence.vma, sinval.vma, hfence.vvma and hinval.vvma with an address invalidate: the "
      "leaf, as the architecture has it, or all entries on the way to it, too");
  v.integer("reset_vector", reset_vector, {}, "", "address of the first instruction");
  v.require(reset_vector % 2 == 0, "reset_vector must be even, as instructions are");
  v.flag("fast_path", fast_path,
         "direct memory pointers and decoded blocks, which change the simulator's speed only");
}

}  // namespace kilburn::riscv
