// Parameters of a RISC-V hart.
#pragma once

#include <cstdint>

#include "common/page_table.h"
#include "common/parameters.h"

namespace kilburn::riscv {

/// What a fence with an address orders, and so drops from caches of the walk.
enum class FenceVa : std::uint8_t {
  leaf,  ///< the leaf entry for the address, which is all that the architecture asks for
  path,  ///< every entry on the way to it
};

/// What memory costs a hart.
enum class Timing : std::uint8_t {
  caches,  ///< what its first-level caches, and what lies below them, take longer than a hit
  ideal,   ///< nothing behind a TLB that hits
};

struct HartConfig {
  std::uint32_t harts = 1;
  std::uint32_t cycles_per_instruction = 1;
  Timing timing = Timing::caches;
  bool stores_stall = false;  ///< with Timing::caches
  std::uint32_t pmp_entries = 16;
  PagingMode largest_mode = PagingMode::sv57;  ///< that satp, vsatp and hgatp accept
  bool hypervisor = true;                      ///< the H extension
  /// mtinst and htinst of a load or store that faulted: the transformed instruction, or zero.
  bool transformed_instructions = false;
  std::uint64_t reset_vector = 0x1000;
  FenceVa fence_va = FenceVa::leaf;  ///< SFENCE.VMA, SINVAL.VMA, HFENCE.VVMA, HINVAL.VVMA
  bool adue = false;  ///< menvcfg has ADUE; no parameter: it follows mmu.walker.ad_update = svadu
  bool aia = false;   ///< Smaia and Ssaia; no parameter: it follows board.aia
  /// GEILEN, with the hypervisor extension and AIA; no parameter: it follows board.guest_files.
  std::uint32_t guest_files = 0;
  bool fast_path = true;  ///< direct memory pointers, decoded blocks; changes speed only

  void visit(ParameterVisitor& v);
};

}  // namespace kilburn::riscv
