#include "page_table_cache/page_table_cache.h"

#include <bit>
#include <cassert>

#include "common/context_widths.h"

namespace kilburn::page_table_cache {

void CacheConfig::visit(ParameterVisitor& v) {
  v.choice("organisation", organisation, {"off", "physical", "translation_path"},
           "none, tagged by physical address, or tagged by virtual indices");
  v.choice("maintenance", maintenance, {"selective", "flush_all"},
           "drop what matches, or everything at each maintenance operation");
  v.integer("entries", entries, {1, 4096}, "entries", "descriptors held");
  v.integer("ways", ways, {0, 4096}, "ways", "associativity, 0 for full");
  v.integer("hash_bits", hash_bits, {0, 16}, "bits", "width of the virtual-address hash");
  v.flag("spare_global", spare_global, "maintenance by ASID spares descriptors whose G bit is set");
  v.choice("replacement", replacement, {"lru", "tree_plru", "round_robin", "random"},
           "replacement within a set");
  v.integer("seed", seed, {}, "", "seed of random replacement");
  v.integer("hit_cycles", hit_cycles, {0, 100}, "cycles", "one probe, hit or miss");
  v.integer("maintenance_cycles", maintenance_cycles, {0, 1000}, "cycles",
            "one maintenance operation");
  v.require(ways == 0 || (entries % ways == 0 && std::has_single_bit(entries / ways)),
            "ways must divide entries into a power of two of sets");
  v.require(replacement != Replacement::tree_plru || std::has_single_bit(associativity()),
            "tree_plru needs a power of two of ways");
}

void CacheStatistics::visit(StatisticVisitor& v) const {
  v.counter("lookups", lookups, "lookups", "probes by the walker");
  v.counter("hits", hits, "lookups", "probes that found their descriptor");
  v.counter("reads_saved", reads_saved, "reads", "descriptor reads that hits made unnecessary");
  v.counter("installs", installs, "entries", "descriptors installed");
  v.counter("evictions", evictions, "entries", "live entries replaced");
  v.counter("maintenance_operations", maintenance_operations, "operations",
            "maintenance operations received");
  v.counter("entries_dropped", entries_dropped, "entries", "entries that maintenance dropped");
  v.counter("entries_kept", entries_kept, "entries",
            "entries that survived, summed over maintenance operations");
  v.counter("over_killed", over_killed, "entries",
            "entries dropped by a collision of hashes, their address not being in the range");
  v.ratio("hit_rate", hits, lookups, "", "hits a lookup");
  v.ratio("survival_rate", entries_kept, entries_kept + entries_dropped, "",
          "entries kept, of those live when maintenance came");
  v.ratio("over_kill_rate", over_killed, over_killed + entries_kept, "",
          "entries dropped by collision, of those that should have been kept");
}

PageTableCache::PageTableCache(const CacheConfig& config)
    : config_(config),
      hash_(config.hash_bits),
      entries_(config.organisation == Organisation::off ? 0 : config.entries),
      replacement_(config.replacement, config.sets(), config.associativity(), config.seed) {
  assert(std::has_single_bit(config.sets()) && "checked with the configuration");
}

PageTableCache::Tag PageTableCache::tag_of(const Key& key) const {
  const PageNumber region = key.page >> level_order(key.level);
  const bool path = config_.organisation == Organisation::translation_path;
  Tag tag;
  tag.location = path ? region : key.pa >> 3;
  tag.realm = key.context.realm;  // an entry stands for an ownership check that passed
  if (!path && config_.maintenance == MaintenancePolicy::flush_all) return tag;
  tag.asid = key.stage == Stage::guest ? std::uint16_t{0} : key.context.asid;
  tag.vmid = key.context.vmid;
  tag.hash = path ? std::uint16_t{0} : hash_.of(region);
  tag.level = static_cast<std::uint8_t>(key.level);
  tag.stage = key.stage;
  return tag;
}

std::uint32_t PageTableCache::set_of(const Tag& tag) const {
  return static_cast<std::uint32_t>(tag.location) & (config_.sets() - 1);
}

const PageTableCache::Entry* PageTableCache::find(const Tag& tag) {
  const std::uint32_t set = set_of(tag);
  const std::uint32_t ways = config_.associativity();
  const Entry* const first = &entries_[std::size_t{set} * ways];
  for (std::uint32_t way = 0; way < ways; ++way) {
    if (first[way].tag == tag && first[way].valid) {
      replacement_.touch(set, way);
      return &first[way];
    }
  }
  return nullptr;
}

Lookup PageTableCache::lookup(const Key& key) {
  if (config_.organisation != Organisation::physical) return {};
  ++statistics_.lookups;
  const Entry* const entry = find(tag_of(key));
  if (entry == nullptr) return {.cycles = config_.hit_cycles};
  ++statistics_.hits;
  ++statistics_.reads_saved;
  return {true, entry->descriptor, key.level, config_.hit_cycles};
}

Lookup PageTableCache::lookup_path(const Key& root) {
  if (config_.organisation != Organisation::translation_path) return {};
  ++statistics_.lookups;
  Key key = root;
  for (key.level = 1; key.level <= root.level; ++key.level) {
    const Entry* const entry = find(tag_of(key));
    if (entry == nullptr) continue;
    ++statistics_.hits;
    statistics_.reads_saved += root.level - key.level + 1;
    return {true, entry->descriptor, key.level, config_.hit_cycles};
  }
  return {.cycles = config_.hit_cycles};
}

void PageTableCache::install(const Key& key, std::uint64_t descriptor, bool global_above) {
  assert(key.level > 0 && "last-level descriptors never enter");
  assert((descriptor & pte::valid) != 0 && !pte::is_leaf(descriptor) && "only pointers enter");
  if (config_.organisation == Organisation::off) return;
  if (global_above && config_.organisation == Organisation::translation_path) {
    descriptor |= pte::global;
  }
  const Tag tag = tag_of(key);
  const std::uint32_t set = set_of(tag);
  const std::uint32_t ways = config_.associativity();
  Entry* const first = &entries_[std::size_t{set} * ways];
  std::uint32_t way = ways;
  for (std::uint32_t i = 0; i < ways; ++i) {
    // Two walks that missed together install the same descriptor: it stays one entry.
    if (first[i].valid && first[i].tag == tag) {
      way = i;
      break;
    }
    if (!first[i].valid && way == ways) way = i;
  }
  if (way == ways) {
    way = replacement_.victim(set);
    ++statistics_.evictions;
  }
  first[way] = {true, tag, descriptor, key.page >> level_order(key.level)};
  replacement_.touch(set, way);
  ++statistics_.installs;
}

bool PageTableCache::serves(const Entry& entry, PageRange pages) const {
  const PageRange regions = pages.regions(level_order(entry.tag.level));
  return config_.organisation == Organisation::translation_path
             ? regions.contains(entry.tag.location)
             : hash_.any_has(regions, entry.tag.hash);
}

bool PageTableCache::matches(const Entry& entry, const Retirement& retirement) const {
  using enum Retirement::Operation;
  const Tag& tag = entry.tag;
  const bool path = config_.organisation == Organisation::translation_path;
  const bool stage1 = tag.stage == Stage::stage1;
  const bool same_vmid = tag.vmid == retirement.context.vmid;
  const bool spared = config_.spare_global && (entry.descriptor & pte::global) != 0;
  const bool same_space = stage1 && same_vmid && tag.asid == retirement.context.asid && !spared;
  switch (retirement.operation) {
    case all:
      return true;
    case by_vmid:
      return same_vmid;
    case by_asid:
      return same_space;
    case by_va_asid:
      return same_space && serves(entry, page_range(retirement));
    case by_va:
      return stage1 && same_vmid && serves(entry, page_range(retirement));
    case by_guest_frame:
      // A guest's stage-1 descriptor was read from a frame that the G-stage named; the entry does
      // not say from which guest-physical page, so the VMID decides. A translation path holds
      // guest-physical pointers, which the G-stage does not change.
      return same_vmid && (stage1 ? !path : serves(entry, page_range(retirement)));
    case by_realm:
      return tag.realm == retirement.context.realm;
    case by_frame:
      // A translation path does not know where its descriptors lie: any may have been there.
      return path || retirement.covers_frame(tag.location >> (page_shift - 3));
  }
  return true;
}

bool PageTableCache::collided(const Entry& entry, const Retirement& retirement) const {
  using enum Retirement::Operation;
  const bool by_hash = retirement.operation == by_va_asid || retirement.operation == by_va ||
                       (retirement.operation == by_guest_frame && entry.tag.stage == Stage::guest);
  return by_hash &&
         !page_range(retirement).regions(level_order(entry.tag.level)).contains(entry.region);
}

Maintenance PageTableCache::maintain(const Retirement& retirement) {
  assert(retirement.pages > 0 && "an empty range retires nothing");
  if (config_.organisation == Organisation::off) return {};
  const bool flush = config_.maintenance == MaintenancePolicy::flush_all;
  Maintenance done{.cycles = config_.maintenance_cycles};
  for (Entry& entry : entries_) {
    if (!entry.valid) continue;
    if (flush || (!retirement.last_level && matches(entry, retirement))) {
      entry.valid = false;
      ++done.dropped;
      if (!flush && collided(entry, retirement)) ++statistics_.over_killed;
    } else {
      ++done.kept;
    }
  }
  ++statistics_.maintenance_operations;
  statistics_.entries_dropped += done.dropped;
  statistics_.entries_kept += done.kept;
  return done;
}

StorageBits storage_bits(const CacheConfig& config, PagingMode mode) {
  if (config.organisation == Organisation::off) return {};
  constexpr std::uint64_t physical_bits = page_shift + pte::pfn_bits;
  constexpr std::uint64_t realm = context_widths::realm;
  constexpr std::uint64_t process = context_widths::all + 1;  // and the stage
  constexpr std::uint64_t level = 3;
  constexpr std::uint64_t payload = pte::pfn_bits + 1;  // the next table and G
  const std::uint64_t index = std::bit_width(config.sets()) - 1u;
  // The finest region is that of level 1; G-stage addresses are two bits wider.
  const std::uint64_t region = virtual_bits(mode) + 2 - page_shift - level_order(1);
  const std::uint64_t pa = physical_bits - 3 - index;

  std::uint64_t tag = 0;
  std::uint64_t full = 0;
  if (config.organisation == Organisation::translation_path) {
    tag = full = region - index + level + process;
  } else if (config.maintenance == MaintenancePolicy::flush_all) {
    tag = full = pa + realm;
  } else {
    tag = pa + config.hash_bits + level + process;
    full = pa + region + level + process;
  }
  return {config.entries * tag, config.entries * full, config.entries * (1 + tag + payload)};
}

}  // namespace kilburn::page_table_cache
