// Page-table cache: the page-table descriptors of every level but the last, kept beside the walker.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/invalidation.h"
#include "common/page_table.h"
#include "common/replacement.h"
#include "common/statistics.h"
#include "page_table_cache/cache_config.h"
#include "page_table_cache/key.h"
#include "page_table_cache/path_entries.h"
#include "page_table_cache/region_hash.h"
#include "page_table_cache/storage_bits.h"

namespace kilburn::page_table_cache {

/// One page-table cache. Modelled: tags, valid bits, replacement, selective invalidation by address
/// hash and process information. An invalidation compares all entries at once and the match
/// drives the valid bits, so it takes `invalidation_cycles` however many entries it drops; a probe
/// takes `hit_cycles`, hit or miss. Not modelled: ports and their conflicts.
///
/// A lookup compares physical address, level, hash and process information: whoever hits an entry
/// is then one whose own invalidation would drop it. A descriptor shared by two processes,
/// or reached by two addresses of one process (hashes differ), is held once for each.
class PageTableCache {
 public:
  explicit PageTableCache(const CacheConfig& config);

  [[nodiscard]] const CacheConfig& config() const { return config_; }

  /// Probe for one descriptor; `physical` only, a miss otherwise.
  Lookup lookup(const Key& key);
  /// Probe for the deepest pointer on the path of `root.page`, from `root.level` down to level 1;
  /// `root.pa` is not looked at. A miss where the organisation does not skip levels.
  Lookup lookup_path(const Key& root);
  /// Keeps a pointer to a next-level table. A leaf, at whatever level, is refused by assertion: it
  /// ends its walk, so it is last-level data, which last-level-only invalidation does not drop
  /// here. `global_above`: G is set in a descriptor above it; those who skip levels do not see what
  /// is above, so the pointer has that in its own G. A physical entry is what memory holds.
  void install(const Key& key, std::uint64_t descriptor, bool global_above = false);
  /// Drops what `invalidation` matches.
  Invalidated invalidate(const Invalidation& invalidation);

  [[nodiscard]] const CacheStatistics& statistics() const { return statistics_; }
  /// Bytes of the regions that live level-1 pointers stand for, at this moment: a walk there reads
  /// the last level only. A region that several entries stand for counts as often.
  [[nodiscard]] std::uint64_t reach_bytes() const;
  /// What it has counted, what it costs in bits, and its reach now.
  void visit(StatisticVisitor& v) const;

 private:
  struct Tag {
    std::uint64_t location = 0;  ///< PA >> 3; translation: page >> 9 * level
    std::uint16_t asid = 0;
    std::uint16_t vmid = 0;
    std::uint16_t realm = 0;
    std::uint16_t hash = 0;
    std::uint8_t level = 0;
    Stage stage = Stage::stage1;
    friend bool operator==(const Tag&, const Tag&) = default;
  };
  struct Entry {
    bool valid = false;
    Tag tag{};
    std::uint64_t descriptor = 0;
    PageNumber region = 0;   ///< true address, page >> 9 * level: read by statistics only
    std::uint8_t level = 0;  ///< the tag's, which flushing policies leave out: for statistics
  };

  [[nodiscard]] Tag tag_of(const Key& key) const;
  [[nodiscard]] std::uint32_t set_of(const Tag& tag) const;
  [[nodiscard]] std::span<Entry> ways_of(std::uint32_t set);
  [[nodiscard]] static std::uint32_t way_of(const Tag& tag, std::span<const Entry> set);
  [[nodiscard]] const Entry* find(const Tag& tag);
  [[nodiscard]] const Entry* find_deepest(const Key& root);
  void install_entry(const Key& key, std::uint64_t descriptor);
  [[nodiscard]] bool concerned(const Entry& entry, const Invalidation& invalidation) const;
  [[nodiscard]] bool serves(const Entry& entry, PageRange pages) const;
  [[nodiscard]] bool collided(const Entry& entry, const Invalidation& invalidation) const;
  Invalidated invalidate_entries(const Invalidation& invalidation);
  [[nodiscard]] std::uint32_t live() const;

  CacheConfig config_;
  RegionHash hash_;
  std::vector<Entry> entries_;  ///< set after set; none where `paths_` has them
  ReplacementState replacement_;
  PathEntries paths_;  ///< of translation_path
  CacheStatistics statistics_;
};

}  // namespace kilburn::page_table_cache
