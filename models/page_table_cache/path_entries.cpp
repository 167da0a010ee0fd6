#include "page_table_cache/path_entries.h"

#include <algorithm>
#include <cassert>

#include "page_table_cache/invalidation_match.h"
#include "page_table_cache/region_hash.h"

namespace kilburn::page_table_cache {

PathEntries::PathEntries(const CacheConfig& config)
    : config_(config),
      entries_(config.organisation == Organisation::translation_path ? config.entries : 0),
      replacement_(config.replacement, 1, config.entries, config.seed) {}

unsigned PathEntries::Entry::lowest() const {
  unsigned level = 1;
  while (level < most_levels && pointers[level] == 0) ++level;
  return level;
}

void PathEntries::touch(const Entry& entry) {
  replacement_.touch(0, static_cast<std::uint32_t>(&entry - entries_.data()));
}

/// Of the pointers of levels `from` up to `to` on the key's path: the entry that has the lowest.
PathEntries::Found PathEntries::longest_prefix(const Key& key, unsigned from, unsigned to) {
  Found best{.level = to + 1};
  for (Entry& entry : entries_) {
    if (entry.stage != key.stage || entry.context != key.owner()) continue;
    for (unsigned level = from; level < best.level; ++level) {
      if (entry.pointers[level] == 0 || !entry.shares(key, level)) continue;
      best = {&entry, level};
    }
  }
  return best;
}

Lookup PathEntries::find(const Key& root) {
  const Found found = longest_prefix(root, 1, root.level);
  if (found.entry == nullptr) return {.cycles = config_.hit_cycles};
  touch(*found.entry);
  return {true, found.entry->pointers[found.level], found.level, config_.hit_cycles};
}

/// The entry whose path is the key's as far as it goes, and ends above the key's level.
PathEntries::Entry* PathEntries::ending_above(const Key& key) {
  Entry* deepest = nullptr;
  for (Entry& entry : entries_) {
    if (entry.stage != key.stage || entry.context != key.owner()) continue;
    const unsigned end = entry.lowest();
    if (end <= key.level || end == most_levels || !entry.shares(key, end)) continue;
    if (deepest == nullptr || end < deepest->lowest()) deepest = &entry;
  }
  return deepest;
}

bool PathEntries::install(const Key& key, std::uint64_t descriptor) {
  assert(key.level > 0 && key.level < most_levels);
  // Two walks that missed together install the same pointer.
  Entry* entry = longest_prefix(key, key.level, key.level).entry;
  bool evicted = false;
  if (entry == nullptr) {
    entry = ending_above(key);
    if (entry != nullptr) entry->page = key.page;
  }
  if (entry == nullptr) {
    const Found above = longest_prefix(key, key.level + 1, most_levels - 1);
    Entry fresh{.stage = key.stage, .context = key.owner(), .page = key.page};
    for (unsigned level = above.level; level < most_levels; ++level) {
      fresh.pointers[level] = above.entry->pointers[level];
    }
    const auto is_free = [&](std::uint32_t i) { return !entries_[i].live(); };
    const auto place = replacement_.way_to_fill(0, is_free);
    evicted = place.evicts;
    entry = &entries_[place.way];
    *entry = fresh;
  }
  entry->pointers[key.level] = descriptor;
  touch(*entry);
  return evicted;
}

Invalidated PathEntries::invalidate(const Invalidation& invalidation) {
  const PageRange pages = page_range(invalidation);
  Invalidated done;
  for (Entry& entry : entries_) {
    if (!entry.live()) continue;
    for (unsigned level = 1; level < most_levels; ++level) {
      if (entry.pointers[level] == 0) continue;
      const bool global = (entry.pointers[level] & pte::global) != 0;
      const Subject subject{
          .stage = entry.stage, .context = entry.context, .spared = config_.spare_global && global};
      const unsigned order = level_order(level);
      const auto serves = [&] { return pages.regions(order).contains(entry.page >> order); };
      if (!config_.selective() || matches(invalidation, subject, serves)) entry.pointers[level] = 0;
    }
    ++(entry.live() ? done.kept : done.dropped);
  }
  return done;
}

std::uint32_t PathEntries::live() const {
  return static_cast<std::uint32_t>(std::ranges::count_if(entries_, &Entry::live));
}

std::uint64_t PathEntries::reach_bytes() const {
  std::uint64_t bytes = 0;
  for (const Entry& entry : entries_) {
    if (entry.pointers[1] != 0) bytes += page_bytes << level_order(1);
  }
  return bytes;
}

}  // namespace kilburn::page_table_cache
