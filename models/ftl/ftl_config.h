// Parameters of the flash translation layer.
#pragma once

#include <cstdint>

#include "common/parameters.h"
#include "ftl/media.h"
#include "nand/geometry.h"

namespace kilburn::ftl {

/// How a namespace's units find their V2P entries.
enum class Mapping : std::uint8_t {
  shift,             ///< indices of namespaces abut; a resize moves those of later ones
  allocation_units,  ///< a table of allocation units for each namespace; a resize moves nothing
};
enum class VictimPolicy : std::uint8_t { greedy, cost_benefit };
/// Which part of the array the next page goes to: the first letter changes fastest.
enum class AllocationOrder : std::uint8_t { cwdp, cpwd, wcdp, dcwp, pcwd };

/// A state in which a new drive starts, as if it had been written for long.
struct PreconditionConfig {
  double fill = 0.0;
  double fragmented = 0.0;
  std::uint64_t seed = 1;

  void visit(ParameterVisitor& v);
};

struct FtlConfig {
  double over_provisioning = 0.25;
  Mapping mapping = Mapping::shift;
  std::uint32_t allocation_unit_bytes = 64u << 20;
  std::uint64_t move_entries_per_ms = 1'000'000;
  std::uint32_t move_batch = 4096;

  std::uint32_t buffer_units = 1024;
  bool write_cache = true;
  Nanoseconds coalesce_ns = 100'000;
  Nanoseconds controller_ns = 500;
  AllocationOrder allocation_order = AllocationOrder::cwdp;

  VictimPolicy victim_policy = VictimPolicy::greedy;
  std::uint32_t collect_at = 2;
  std::uint32_t wear_difference = 200;
  std::uint32_t endurance = 3000;
  double checkpoint_share = 0.0625;

  double first_namespace = 1.0;
  PreconditionConfig precondition{};

  void visit(ParameterVisitor& v);
};

/// Blocks that a drive needs beside those that its capacity fills.
struct Reserve {
  std::uint32_t checkpoint_pages = 0;  ///< of one whole checkpoint
  std::uint32_t metadata_blocks = 0;   ///< two checkpoints and the journal between them
  std::uint32_t open_blocks = 0;       ///< being filled, or kept free for the collection
  [[nodiscard]] std::uint32_t blocks() const { return metadata_blocks + open_blocks; }
};
[[nodiscard]] std::uint32_t capacity_units(const FtlConfig& config, const nand::Geometry& geometry);
[[nodiscard]] Reserve reserve_of(const FtlConfig& config, const nand::Geometry& geometry);
/// Throws InputError where the over-provisioning does not hold the reserve.
void check_capacity(const FtlConfig& config, const nand::Geometry& geometry);

}  // namespace kilburn::ftl
