// The entries of a translation-path cache: each holds the pointers of one whole path.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/invalidation.h"
#include "common/replacement.h"
#include "page_table_cache/key.h"

namespace kilburn::page_table_cache {

/// Fully associative. An entry holds the virtual indices of one path and a pointer for each of its
/// levels. A lookup finds the entry with the longest prefix in common. Paths that share upper
/// levels hold those pointers each for itself. An invalidation clears the pointers that are
/// on the way to a page that it names; what lies below them on another way stays. Source: Barr,
/// Cox, Rixner, ISCA 2010, section on the translation-path cache.
class PathEntries {
 public:
  explicit PathEntries(const CacheConfig& config);

  /// The pointer of the lowest level on the path of `root.page`, from `root.level` down to 1.
  Lookup find(const Key& root);
  /// Adds the pointer of `key.level` to its path: to the entry that ends above it, or to a new one
  /// that takes over what another entry holds of the path above. True where a live entry went.
  bool install(const Key& key, std::uint64_t descriptor);
  /// An entry is dropped when it has lost all its pointers.
  Invalidated invalidate(const Invalidation& invalidation);
  [[nodiscard]] std::uint32_t live() const;
  [[nodiscard]] std::uint64_t reach_bytes() const;

 private:
  static constexpr unsigned most_levels = levels(PagingMode::sv57);
  struct Entry {
    Stage stage = Stage::stage1;
    Context context{};
    PageNumber page = 0;  ///< some page of the path; means something down to `lowest()`
    std::array<std::uint64_t, most_levels> pointers{};  ///< by level; 0: none. Level 0 has none.

    [[nodiscard]] unsigned lowest() const;  ///< level of the last pointer; most_levels: none
    [[nodiscard]] bool live() const { return lowest() < most_levels; }
    [[nodiscard]] bool shares(const Key& key, unsigned level) const {
      return (page ^ key.page) >> level_order(level) == 0;
    }
  };
  /// An entry, and the lowest level of the pointers that it has on a path.
  struct Found {
    Entry* entry = nullptr;
    unsigned level = most_levels;
  };
  [[nodiscard]] Found longest_prefix(const Key& key, unsigned from, unsigned to);
  [[nodiscard]] Entry* ending_above(const Key& key);
  void touch(const Entry& entry);

  CacheConfig config_;
  std::vector<Entry> entries_;
  ReplacementState replacement_;
};

}  // namespace kilburn::page_table_cache
