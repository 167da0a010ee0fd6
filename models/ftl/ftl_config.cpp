#include "ftl/ftl_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/error.h"

namespace kilburn::ftl {
namespace {

constexpr std::uint32_t divided_up(std::uint32_t a, std::uint32_t b) {
  return (a + b - 1) / b;
}

}  // namespace

void PreconditionConfig::visit(ParameterVisitor& v) {
  v.real("fill", fill, {0.0, 1.0}, "", "share of the first namespace that holds something");
  v.real("fragmented", fragmented, {0.0, 1.0}, "",
         "share of that which was overwritten at random for long; the rest was written once, in "
         "order");
  v.integer("seed", seed, {}, "", "what the places are drawn from");
}

void FtlConfig::visit(ParameterVisitor& v) {
  constexpr IntegerRange second{0, 1'000'000'000};
  v.real("over_provisioning", over_provisioning, {0.01, 0.9}, "",
         "share of the raw capacity that no namespace can have");
  v.choice("mapping", mapping, {"shift", "allocation_units"},
           "whether later namespaces' entries move when one is resized, or each has a table of "
           "allocation units");
  v.integer("allocation_unit_bytes", allocation_unit_bytes, {unit_bytes, 1u << 30, true}, "bytes",
            "of an allocation unit");
  v.integer("move_entries_per_ms", move_entries_per_ms, {1, 1'000'000'000}, "entries/ms",
            "V2P entries that a resize moves");
  v.integer("move_batch", move_batch, {1, 1u << 24}, "entries",
            "moved at a time, between which requests are served");
  v.integer("buffer_units", buffer_units, {16, 1u << 20}, "units", "of 4 KiB in the write buffer");
  v.flag("write_cache", write_cache, "a write ends when it is buffered");
  v.integer("coalesce_ns", coalesce_ns, second, "ns",
            "a buffered unit waits for others of its page, unless something waits for it");
  v.integer("controller_ns", controller_ns, second, "ns", "a request takes beside the flash");
  v.choice("allocation_order", allocation_order, {"cwdp", "cpwd", "wcdp", "dcwp", "pcwd"},
           "where the next page goes: channel, way, die, plane, the first changing fastest");
  v.choice("victim_policy", victim_policy, {"greedy", "cost_benefit"},
           "which block the garbage collection takes");
  v.integer("collect_at", collect_at, {1, 64}, "blocks",
            "free in a plane, at which its garbage is collected");
  v.integer("wear_difference", wear_difference, {1, 1'000'000}, "erases",
            "between a block and the least worn of its plane, from which that one's data move");
  v.integer("endurance", endurance, {1, 10'000'000}, "erases", "that a block is good for");
  v.real("checkpoint_share", checkpoint_share, {0.0001, 1.0}, "",
         "of the array, programmed between two checkpoints of the maps");
  v.real("first_namespace", first_namespace, {0.0, 1.0}, "",
         "share of the capacity that namespace 1 of a new drive has; 0: there is none");
  v.block("precondition", precondition, "state of a new drive's first namespace");
}

std::uint32_t capacity_units(const FtlConfig& config, const nand::Geometry& geometry) {
  const double share = std::max(0.0, 1.0 - config.over_provisioning);
  auto units = static_cast<std::uint32_t>(share * geometry.all_frames());
  if (config.mapping == Mapping::allocation_units) {
    units -= units % (config.allocation_unit_bytes / unit_bytes);
  }
  return units;
}

Reserve reserve_of(const FtlConfig& config, const nand::Geometry& geometry) {
  Reserve reserve;
  const std::uint32_t entries = geometry.page_bytes / 4;
  reserve.checkpoint_pages = divided_up(capacity_units(config, geometry), entries) + 1;
  reserve.metadata_blocks = 2 * (divided_up(reserve.checkpoint_pages, geometry.pages) + 1) + 1;
  reserve.open_blocks = geometry.all_planes() * (config.collect_at + 2);
  return reserve;
}

void check_capacity(const FtlConfig& config, const nand::Geometry& geometry) {
  const std::uint32_t units = capacity_units(config, geometry);
  const std::uint32_t needed =
      divided_up(units, geometry.frames_of_block()) + reserve_of(config, geometry).blocks();
  if (units == 0 || needed > geometry.all_blocks()) {
    throw InputError(fmt::format(
        "ftl.over_provisioning = {}: too little for this geometry: {} blocks are needed beside the "
        "capacity, of {} in all",
        config.over_provisioning, reserve_of(config, geometry).blocks(), geometry.all_blocks()));
  }
}

}  // namespace kilburn::ftl
