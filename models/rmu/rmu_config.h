// Parameters of the realm management unit.
#pragma once

#include <cstdint>

#include "common/parameters.h"
#include "common/replacement.h"
#include "common/types.h"
#include "rmu/ownership_entry.h"

namespace kilburn::rmu {

/// Who may touch a granule that nobody has owned yet.
enum class Unowned : std::uint8_t { deny, realm_0 };
/// Who may touch a frame that the table does not cover: device registers, ROM.
enum class Uncovered : std::uint8_t { deny, realm_0, all };

struct RmuConfig {
  bool enabled = true;
  Address table_base = 0x4000'0000;
  Address memory_base = 0x8000'0000;
  std::uint64_t memory_bytes = std::uint64_t{4} << 30;
  unsigned granule_shift = page_shift;
  unsigned max_order = 9;
  std::uint32_t realms = 256;
  Unowned unowned = Unowned::realm_0;
  Uncovered uncovered = Uncovered::all;
  bool check_mapping = true;
  std::uint32_t cache_lines = 64;
  Replacement replacement = Replacement::lru;
  std::uint64_t seed = 1;
  std::uint32_t hit_cycles = 2;
  std::uint32_t command_cycles = 4;
  std::uint32_t register_cycles = 4;
  std::uint32_t ack_timeout = 100'000;

  [[nodiscard]] Granule granules() const { return memory_bytes >> granule_shift; }
  /// Bytes that the table takes: 16 a granule, whole lines.
  [[nodiscard]] std::uint64_t table_bytes() const {
    return (granules() * RMU_ENTRY_BYTES + line_bytes - 1) / line_bytes * line_bytes;
  }
  /// log2 of the 4 KiB pages of a granule.
  [[nodiscard]] unsigned granule_order() const { return granule_shift - page_shift; }
  void visit(ParameterVisitor& v);
  /// Where table and memory lie: a platform that knows its memory sets them itself.
  void visit_layout(ParameterVisitor& v);
  /// All others.
  void visit_policy(ParameterVisitor& v);
};

}  // namespace kilburn::rmu
