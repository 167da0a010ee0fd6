#include "page_table_cache/page_table_cache.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "page_table_cache/invalidation_match.h"

namespace kilburn::page_table_cache {

namespace {

/// Of an array with a descriptor an entry.
std::size_t array_entries(const CacheConfig& config) {
  const bool none = config.organisation == Organisation::off ||
                    config.organisation == Organisation::translation_path;
  return none ? 0 : config.entries;
}

}  // namespace

PageTableCache::PageTableCache(const CacheConfig& config)
    : config_(config),
      hash_(config.hash_bits),
      entries_(array_entries(config)),
      replacement_(config.replacement, config.sets(), config.associativity(), config.seed),
      paths_(config) {
  assert(std::has_single_bit(config.sets()) && "checked with the configuration");
}

PageTableCache::Tag PageTableCache::tag_of(const Key& key) const {
  const PageNumber region = key.page >> level_order(key.level);
  const bool physical = config_.organisation == Organisation::physical;
  const Context owner = key.owner();
  Tag tag;
  tag.location = physical ? key.pa >> 3 : region;
  tag.realm = owner.realm;  // an entry stands for an ownership check that passed
  // A flush asks for no more than to know whose memory it is.
  if (physical && !config_.selective()) return tag;
  tag.asid = owner.asid;
  tag.vmid = owner.vmid;
  tag.hash = physical ? hash_.of(region) : std::uint16_t{0};
  tag.level = static_cast<std::uint8_t>(key.level);
  tag.stage = key.stage;
  return tag;
}

std::uint32_t PageTableCache::set_of(const Tag& tag) const {
  return static_cast<std::uint32_t>(tag.location) & (config_.sets() - 1);
}

std::span<PageTableCache::Entry> PageTableCache::ways_of(std::uint32_t set) {
  const std::size_t ways = config_.associativity();
  return {&entries_[set * ways], ways};
}

/// The way of `set` that holds `tag`; the number of ways where none does.
std::uint32_t PageTableCache::way_of(const Tag& tag, std::span<const Entry> set) {
  const auto holds = [&](const Entry& entry) { return entry.tag == tag && entry.valid; };
  return static_cast<std::uint32_t>(std::ranges::find_if(set, holds) - set.begin());
}

const PageTableCache::Entry* PageTableCache::find(const Tag& tag) {
  const std::uint32_t set = set_of(tag);
  const std::span<Entry> entries = ways_of(set);
  const std::uint32_t way = way_of(tag, entries);
  if (way == entries.size()) return nullptr;
  replacement_.touch(set, way);
  return &entries[way];
}

const PageTableCache::Entry* PageTableCache::find_deepest(const Key& root) {
  Key key = root;
  for (key.level = 1; key.level <= root.level; ++key.level) {
    if (const Entry* const entry = find(tag_of(key))) return entry;
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
  if (!config_.skips_levels()) return {};
  ++statistics_.lookups;
  Lookup found{.cycles = config_.hit_cycles};
  if (config_.organisation == Organisation::translation_path) {
    found = paths_.find(root);
  } else if (const Entry* const entry = find_deepest(root)) {
    found = {true, entry->descriptor, entry->level, config_.hit_cycles};
  }
  if (found.hit) {
    ++statistics_.hits;
    statistics_.reads_saved += root.level - found.level + 1;
  }
  return found;
}

void PageTableCache::install(const Key& key, std::uint64_t descriptor, bool global_above) {
  assert(key.level > 0 && "last-level descriptors never enter");
  assert((descriptor & pte::valid) != 0 && !pte::is_leaf(descriptor) && "only pointers enter");
  if (config_.organisation == Organisation::off) return;
  if (global_above && config_.skips_levels()) descriptor |= pte::global;
  if (config_.organisation == Organisation::translation_path) {
    if (paths_.install(key, descriptor)) ++statistics_.evictions;
  } else {
    install_entry(key, descriptor);
  }
  ++statistics_.installs;
}

void PageTableCache::install_entry(const Key& key, std::uint64_t descriptor) {
  const Tag tag = tag_of(key);
  const std::uint32_t set = set_of(tag);
  const std::span<Entry> entries = ways_of(set);
  // Two walks that missed together install the same descriptor: it stays one entry.
  std::uint32_t way = way_of(tag, entries);
  if (way == entries.size()) {
    const auto is_free = [&](std::uint32_t i) { return !entries[i].valid; };
    const auto place = replacement_.way_to_fill(set, is_free);
    way = place.way;
    if (place.evicts) ++statistics_.evictions;
  }
  entries[way] = {true, tag, descriptor, key.page >> level_order(key.level),
                  static_cast<std::uint8_t>(key.level)};
  replacement_.touch(set, way);
}

bool PageTableCache::serves(const Entry& entry, PageRange pages) const {
  const PageRange regions = pages.regions(level_order(entry.tag.level));
  return config_.organisation == Organisation::translation ? regions.contains(entry.tag.location)
                                                           : hash_.any_has(regions, entry.tag.hash);
}

bool PageTableCache::concerned(const Entry& entry, const Invalidation& invalidation) const {
  const Tag& tag = entry.tag;
  Subject subject{.stage = tag.stage,
                  .context = {tag.asid, tag.vmid, tag.realm},
                  .spared = config_.spare_global && (entry.descriptor & pte::global) != 0};
  if (config_.organisation == Organisation::physical) {
    subject.frame_known = true;
    subject.frame = tag.location >> (page_shift - 3);
  }
  return matches(invalidation, subject, [&] { return serves(entry, page_range(invalidation)); });
}

bool PageTableCache::collided(const Entry& entry, const Invalidation& invalidation) const {
  using enum Invalidation::Operation;
  const bool by_hash =
      invalidation.operation == by_va_asid || invalidation.operation == by_va ||
      (invalidation.operation == by_guest_frame && entry.tag.stage == Stage::guest);
  return by_hash &&
         !page_range(invalidation).regions(level_order(entry.tag.level)).contains(entry.region);
}

Invalidated PageTableCache::invalidate_entries(const Invalidation& invalidation) {
  Invalidated done;
  for (Entry& entry : entries_) {
    if (!entry.valid) continue;
    if (!config_.selective() || concerned(entry, invalidation)) {
      entry.valid = false;
      ++done.dropped;
      if (config_.selective() && collided(entry, invalidation)) ++statistics_.over_killed;
    } else {
      ++done.kept;
    }
  }
  return done;
}

Invalidated PageTableCache::invalidate(const Invalidation& invalidation) {
  assert(invalidation.pages > 0 && "an empty range invalidates nothing");
  if (config_.organisation == Organisation::off) return {};
  const bool paths = config_.organisation == Organisation::translation_path;
  const bool spares =
      invalidation.last_level && config_.invalidation != InvalidationPolicy::flush_all;
  Invalidated done;
  if (spares) {
    done.kept = live();
  } else {
    done = paths ? paths_.invalidate(invalidation) : invalidate_entries(invalidation);
  }
  done.cycles = config_.invalidation_cycles;
  ++statistics_.invalidations;
  statistics_.last_level_operations += invalidation.last_level ? 1 : 0;
  statistics_.entries_dropped += done.dropped;
  statistics_.entries_kept += done.kept;
  return done;
}

std::uint32_t PageTableCache::live() const {
  const auto live = std::ranges::count_if(entries_, [](const Entry& e) { return e.valid; });
  return static_cast<std::uint32_t>(live) + paths_.live();
}

std::uint64_t PageTableCache::reach_bytes() const {
  const auto regions = std::ranges::count_if(
      entries_, [](const Entry& entry) { return entry.valid && entry.level == 1; });
  return static_cast<std::uint64_t>(regions) * (page_bytes << level_order(1)) +
         paths_.reach_bytes();
}

void PageTableCache::visit(StatisticVisitor& v) const {
  statistics_.visit(v);
  const StorageBits bits = storage_bits(config_);
  v.counter("storage_bits", bits.total, "bits", "valid bits, tags, pointers and replacement state");
  v.counter("cam_bits", bits.tags, "bits", "of these, tags, which are compared");
  v.counter("replacement_bits", bits.replacement, "bits", "of these, replacement state");
  const std::uint64_t reach = reach_bytes();
  v.counter("reach_bytes", reach, "bytes",
            "bytes whose walk reads the last level only, at the end of the run");
  v.ratio("reach_per_bit", reach, bits.total, "bytes/bit", "reach of a storage bit");
}

}  // namespace kilburn::page_table_cache
