#include "dual_lut/dual_lut_config.h"

#include <bit>

namespace kilburn::dual_lut {

namespace {

constexpr std::uint64_t valid_bit = 1;
constexpr std::uint64_t pending_bit = 1;
constexpr std::uint64_t right_bits = 2;
// Valid and ready, and whether it is a write: beside what each design sends across.
constexpr std::uint32_t handshake_wires = 3;

unsigned bits_for(std::uint32_t entries) {
  return entries == 1 ? 1 : static_cast<unsigned>(std::bit_width(entries - 1));
}

}  // namespace

void DualLutConfig::visit(ParameterVisitor& v) {
  v.choice("design", design, {"dual", "single"},
           "two tables of which only an index crosses, or one wide table of tlut_entries rows");
  v.integer("ulut_entries", ulut_entries, {1, 65'536, true}, "entries",
            "untranslated pages that are held");
  v.integer("ulut_ways", ulut_ways, {1, 64, true}, "ways", "that are compared at a time");
  v.integer("tlut_entries", tlut_entries, {1, 65'536, true}, "entries",
            "translated pages that are held, and ids in the pool");
  v.choice("eviction", eviction, {"lru", "fifo", "random"}, "what leaves");
  v.choice("when_empty", when_empty, {"stall", "evict"},
           "without a free id: wait for one, or evict one that is not pinned");
  v.integer("ulut_period", ulut_period, {1, 64}, "cycles",
            "period of the control circuit with untranslated addresses");
  v.integer("tlut_period", tlut_period, {1, 64}, "cycles",
            "period of the control circuit with translated addresses");
  v.integer("synchronizer_stages", synchronizer_stages, {0, 4}, "stages",
            "flip-flops that what crosses passes, in periods of the side that it comes to");
  v.require(ulut_ways <= ulut_entries, "ulut_ways is at most ulut_entries");
  v.require(design == Design::dual || ulut_ways <= tlut_entries,
            "ulut_ways is at most tlut_entries where design is single");
}

Cost cost(const DualLutConfig& config) {
  const unsigned id_bits = bits_for(config.tlut_entries);
  const std::uint64_t translated = valid_bit + pending_bit + page_address_bits + right_bits;
  if (config.design == Design::single) {
    // Each row holds both addresses, and a request sends one of each across.
    const std::uint64_t rows = config.tlut_entries;
    return {.address_bits = rows * 2 * page_address_bits,
            .bits = rows * (valid_bit + queue_bits + page_address_bits + translated),
            .wires = page_address_bits + right_bits + handshake_wires};
  }
  const std::uint64_t untranslated =
      valid_bit + queue_bits + page_address_bits + 1 + id_bits;  // 1: it has an id
  return {.address_bits = std::uint64_t{page_address_bits} *
                          (std::uint64_t{config.ulut_entries} + config.tlut_entries),
          .bits = config.ulut_entries * untranslated + config.tlut_entries * translated,
          .wires = id_bits + handshake_wires};
}

Cycles hit_latency(const DualLutConfig& config) {
  const Cycles crossing = Cycles{config.synchronizer_stages} * config.tlut_period;
  const Cycles read = config.design == Design::dual ? config.tlut_period : 0;
  return config.ulut_period + crossing + read;
}

}  // namespace kilburn::dual_lut
