#include "rmu/rmu_config.h"

namespace kilburn::rmu {

void RmuConfig::visit(ParameterVisitor& v) {
  visit_layout(v);
  visit_policy(v);
}

void RmuConfig::visit_layout(ParameterVisitor& v) {
  constexpr std::uint64_t physical_end = std::uint64_t{1} << 56;  // RV64: 56-bit addresses
  v.integer("table_base", table_base, {0, physical_end}, "bytes",
            "physical address of the ownership table, a multiple of 64");
  v.integer("memory_base", memory_base, {0, physical_end}, "bytes",
            "first address covered, a multiple of the largest group");
  v.integer("memory_bytes", memory_bytes, {page_bytes, std::uint64_t{1} << 44}, "bytes",
            "memory covered, in whole granules");
  v.require(table_base % line_bytes == 0, "table_base must be a multiple of 64");
  v.require(memory_base % (Address{1} << (granule_shift + max_order)) == 0,
            "memory_base must be a multiple of the largest group, "
            "2^(granule_shift + max_order) bytes");
  v.require(memory_bytes % (std::uint64_t{1} << granule_shift) == 0,
            "memory_bytes must be a multiple of the granule");
}

void RmuConfig::visit_policy(ParameterVisitor& v) {
  v.flag("enabled", enabled, "check accesses; off, everything is allowed and no command accepted");
  v.integer("granule_shift", granule_shift, {page_shift, 21}, "bits",
            "log2 of the bytes of a granule, the smallest region that has an owner");
  v.integer("max_order", max_order, {0, 18}, "bits",
            "log2 of the granules of the largest fused group");
  v.integer("realms", realms, {1, 65536}, "realms", "realm identifiers, realm 0 included");
  v.choice("unowned", unowned, {"deny", "realm_0"},
           "who may touch a granule that has had no owner yet");
  v.choice("uncovered", uncovered, {"deny", "realm_0", "all"},
           "who may touch a frame that the table does not cover, such as device registers");
  v.flag("check_mapping", check_mapping,
         "deny a frame that is reached from another page than its entry says");
  v.integer("cache_lines", cache_lines, {0, 4096}, "lines",
            "ownership cache: each line holds four entries or one head; 0 for none");
  v.choice("replacement", replacement, {"lru", "tree_plru", "round_robin", "random"},
           "victim choice in the ownership cache");
  v.integer("seed", seed, {0, UINT64_MAX >> 1}, "", "seed of random replacement");
  v.integer("hit_cycles", hit_cycles, {0, 1000}, "cycles",
            "look-up in the ownership cache, part of every check");
  v.integer("command_cycles", command_cycles, {0, 10'000}, "cycles",
            "decoding of a command, before its first table access");
  v.integer("register_cycles", register_cycles, {0, 10'000}, "cycles",
            "access to a command register");
  v.integer("ack_timeout", ack_timeout, {1, 1'000'000'000}, "cycles",
            "longest wait for the acknowledgements of an invalidation");
  v.require(replacement != Replacement::tree_plru || (cache_lines & (cache_lines - 1)) == 0,
            "tree_plru needs a power of two of cache_lines");
}

}  // namespace kilburn::rmu
