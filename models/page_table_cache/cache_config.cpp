#include "page_table_cache/cache_config.h"

#include <bit>

namespace kilburn::page_table_cache {

void CacheConfig::visit(ParameterVisitor& v) {
  v.choice("organisation", organisation, {"off", "physical", "translation", "translation_path"},
           "none, descriptors tagged by physical address, pointers tagged by virtual indices, or "
           "whole paths of pointers");
  v.choice("invalidation", invalidation, {"selective", "flush_unless_last_level", "flush_all"},
           "what an operation drops: what matches, everything but where only leaves changed, or "
           "everything");
  v.integer("entries", entries, {1, 4096}, "entries",
            "descriptors held; of translation_path: paths held");
  v.integer("ways", ways, {0, 4096}, "ways", "associativity, 0 for full");
  v.integer("hash_bits", hash_bits, {0, 16}, "bits", "width of the virtual-address hash");
  v.flag("spare_global", spare_global,
         "invalidation by ASID spares descriptors whose G bit is set");
  v.choice("replacement", replacement, {"lru", "tree_plru", "round_robin", "random"},
           "replacement within a set");
  v.integer("seed", seed, {}, "", "seed of random replacement");
  v.integer("hit_cycles", hit_cycles, {0, 100}, "cycles", "one probe, hit or miss");
  v.integer("invalidation_cycles", invalidation_cycles, {0, 1000}, "cycles", "one invalidation");
  v.require(ways == 0 || (entries % ways == 0 && std::has_single_bit(entries / ways)),
            "ways must divide entries into a power of two of sets");
  v.require(replacement != Replacement::tree_plru || std::has_single_bit(associativity()),
            "tree_plru needs a power of two of ways");
  v.require(
      organisation != Organisation::translation_path || sets() == 1,
      "organisation = \"translation_path\" needs ways = 0: an entry is found by any prefix of "
      "its path, so no part of it can choose a set");
}

void CacheStatistics::visit(StatisticVisitor& v) const {
  v.counter("lookups", lookups, "lookups", "probes by the walker");
  v.counter("hits", hits, "lookups", "probes that found their descriptor");
  v.counter("reads_saved", reads_saved, "reads", "descriptor reads that hits made unnecessary");
  v.counter("installs", installs, "descriptors", "descriptors installed");
  v.counter("evictions", evictions, "entries", "live entries replaced");
  v.counter("invalidations", invalidations, "operations", "invalidations received");
  v.counter("last_level_operations", last_level_operations, "operations",
            "of these, those that say that only leaves changed, or frames of data only");
  v.counter("entries_dropped", entries_dropped, "entries", "entries that invalidation dropped");
  v.counter("entries_kept", entries_kept, "entries",
            "entries that survived, summed over invalidations");
  v.counter("over_killed", over_killed, "entries",
            "entries dropped by a collision of hashes, their address not being in the range");
  v.ratio("hit_rate", hits, lookups, "", "hits a lookup");
  v.ratio("survival_rate", entries_kept, entries_kept + entries_dropped, "",
          "entries kept, of those live when invalidation came");
  v.ratio("over_kill_rate", over_killed, over_killed + entries_kept, "",
          "entries dropped by collision, of those that should have been kept");
}

}  // namespace kilburn::page_table_cache
