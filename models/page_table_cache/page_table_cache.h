// Page-table cache: the page-table descriptors of every level but the last, kept beside the walker.
#pragma once

#include <cstdint>
#include <vector>

#include "common/page_table.h"
#include "common/parameters.h"
#include "common/replacement.h"
#include "common/retirement.h"
#include "common/statistics.h"
#include "page_table_cache/region_hash.h"

namespace kilburn::page_table_cache {

enum class Organisation : std::uint8_t {
  off,               ///< no cache
  physical,          ///< tagged by the descriptor's physical address (US 12,292,837)
  translation_path,  ///< tagged by virtual indices, skips levels (Barr et al., ISCA 2010)
};
enum class MaintenancePolicy : std::uint8_t {
  selective,  ///< drops what matches by hash and process information
  flush_all,  ///< drops everything at each maintenance operation
};
enum class Stage : std::uint8_t { stage1, guest };

struct CacheConfig {
  Organisation organisation = Organisation::physical;
  MaintenancePolicy maintenance = MaintenancePolicy::selective;
  std::uint32_t entries = 32;
  std::uint32_t ways = 0;  ///< 0: fully associative
  std::uint32_t hash_bits = 8;
  bool spare_global = false;
  Replacement replacement = Replacement::lru;
  std::uint64_t seed = 1;
  std::uint32_t hit_cycles = 1;
  std::uint32_t maintenance_cycles = 1;

  [[nodiscard]] std::uint32_t associativity() const { return ways == 0 ? entries : ways; }
  [[nodiscard]] std::uint32_t sets() const { return entries / associativity(); }
  void visit(ParameterVisitor& v);
};

struct CacheStatistics {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t reads_saved = 0;
  std::uint64_t installs = 0;
  std::uint64_t evictions = 0;
  std::uint64_t maintenance_operations = 0;
  std::uint64_t entries_dropped = 0;
  std::uint64_t entries_kept = 0;
  std::uint64_t over_killed = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const CacheStatistics&, const CacheStatistics&) = default;
};

/// Which descriptor, and for whom it is fetched. A guest's G-stage descriptors belong to the VMID:
/// their ASID is not compared.
/// Example: Sv39, root table at frame 0x100, VA 0x4020'1000: the root descriptor has pa 0x10'0008,
/// page 0x40201, level 2.
struct Key {
  Address pa = 0;       ///< of the 8-byte descriptor
  PageNumber page = 0;  ///< virtual page being translated; G-stage: guest-physical page
  unsigned level = 0;   ///< of the descriptor; 0 is the last level and never enters
  Stage stage = Stage::stage1;
  Context context{};
};

struct Lookup {
  bool hit = false;
  std::uint64_t descriptor = 0;  ///< on a hit
  unsigned level = 0;            ///< on a hit: level of the descriptor
  Cycles cycles = 0;
};

/// What one maintenance operation did.
struct Maintenance {
  std::uint32_t dropped = 0;
  std::uint32_t kept = 0;  ///< entries live afterwards
  Cycles cycles = 0;
};

/// One page-table cache. Modelled: tags, valid bits, replacement, selective maintenance by address
/// hash and process information. A maintenance operation compares all entries at once and the match
/// drives the valid bits, so it takes `maintenance_cycles` however many entries it drops; a probe
/// takes `hit_cycles`, hit or miss. Not modelled: ports and their conflicts.
///
/// A lookup compares physical address, level, hash and process information: whoever hits an entry
/// is then one whose own maintenance operation would drop it. A descriptor shared by two processes,
/// or reached by two addresses of one process (hashes differ), is held once for each.
class PageTableCache {
 public:
  explicit PageTableCache(const CacheConfig& config);

  [[nodiscard]] const CacheConfig& config() const { return config_; }

  /// Probe for one descriptor; `physical` only, a miss otherwise.
  Lookup lookup(const Key& key);
  /// Probe for the deepest descriptor on the path of `root.page`, from `root.level` down to level
  /// 1; `root.pa` is not looked at. `translation_path` only, a miss otherwise.
  Lookup lookup_path(const Key& root);
  /// Keeps a pointer to a next-level table. A leaf, at whatever level, is refused by assertion: it
  /// ends its walk, so it is last-level data, which last-level-only maintenance does not drop here.
  /// `global_above`: G is set in a descriptor above it; a translation path keeps that in its own G,
  /// since those who skip do not see what is above. A physical entry is what memory holds.
  void install(const Key& key, std::uint64_t descriptor, bool global_above = false);
  /// Drops what `retirement` matches.
  Maintenance maintain(const Retirement& retirement);

  [[nodiscard]] const CacheStatistics& statistics() const { return statistics_; }

 private:
  struct Tag {
    std::uint64_t location = 0;  ///< PA >> 3; translation_path: page >> 9 * level
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
    PageNumber region = 0;  ///< true address, page >> 9 * level: read by `over_killed` only
  };

  [[nodiscard]] Tag tag_of(const Key& key) const;
  [[nodiscard]] std::uint32_t set_of(const Tag& tag) const;
  [[nodiscard]] const Entry* find(const Tag& tag);
  [[nodiscard]] bool matches(const Entry& entry, const Retirement& retirement) const;
  [[nodiscard]] bool serves(const Entry& entry, PageRange pages) const;
  [[nodiscard]] bool collided(const Entry& entry, const Retirement& retirement) const;

  CacheConfig config_;
  RegionHash hash_;
  std::vector<Entry> entries_;  ///< set after set
  ReplacementState replacement_;
  CacheStatistics statistics_;
};

/// Storage of a geometry in bits. `tags` are the bits that lookups and maintenance compare;
/// `tags_with_full_address` what they would be if each entry held its virtual region, not a hash.
struct StorageBits {
  std::uint64_t tags = 0;
  std::uint64_t tags_with_full_address = 0;
  std::uint64_t total = 0;
};
[[nodiscard]] StorageBits storage_bits(const CacheConfig& config, PagingMode mode);

}  // namespace kilburn::page_table_cache
