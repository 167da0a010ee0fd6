// Parameters of the translation unit, and what its designs cost.
#pragma once

#include <cstdint>

#include "common/parameters.h"
#include "common/types.h"

namespace kilburn::dual_lut {

enum class Design : std::uint8_t { dual, single };
enum class Eviction : std::uint8_t { lru, fifo, random };
enum class WhenEmpty : std::uint8_t { stall, evict };

struct DualLutConfig {
  Design design = Design::dual;
  std::uint32_t ulut_entries = 1024;
  std::uint32_t ulut_ways = 8;
  std::uint32_t tlut_entries = 512;
  Eviction eviction = Eviction::lru;
  WhenEmpty when_empty = WhenEmpty::evict;
  std::uint32_t ulut_period = 1;
  std::uint32_t tlut_period = 1;
  std::uint32_t synchronizer_stages = 2;
  void visit(ParameterVisitor& v);
};

/// Bits stored, and wires between the two control circuits.
struct Cost {
  std::uint64_t address_bits = 0;  ///< of untranslated and translated page addresses
  std::uint64_t bits = 0;          ///< with queue, id, valid, pending, rights
  std::uint32_t wires = 0;
};

inline constexpr unsigned page_address_bits = 64 - page_shift;
inline constexpr unsigned queue_bits = 8;

[[nodiscard]] Cost cost(const DualLutConfig& config);
/// Of a hit, in cycles of the platform clock: the search, the crossing, the read of the TLUT.
[[nodiscard]] Cycles hit_latency(const DualLutConfig& config);

}  // namespace kilburn::dual_lut
