// The ownership table in simulated memory: where an entry is, which entry governs a granule, and
// what reading and writing it costs.
#pragma once

#include <cstdint>
#include <vector>

#include "common/memory_port.h"
#include "common/statistics.h"
#include "rmu/ownership_cache.h"
#include "rmu/ownership_entry.h"
#include "rmu/rmu_config.h"
#include "rmu/untouched_blocks.h"

namespace kilburn::rmu {

struct TableStatistics {
  std::uint64_t lookups = 0;
  std::uint64_t cache_hits = 0;
  std::uint64_t untouched = 0;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t wait_cycles = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const TableStatistics&, const TableStatistics&) = default;
};

/// Modelled: one table port, used in the order of the look-ups (they wait for one another; commands
/// use the slots between and delay no look-up), an ownership cache, one counter for each order of
/// the groups that exist, and a bit for each block that no command has touched, whose entries are
/// known without a read. Not modelled: overlapped reads of one look-up.
///
/// A member's entry governs nothing, so it cannot lead to its head either. `locate` instead reads,
/// from the largest order downwards, the entries that would head a group of that order round the
/// granule, and stops at the first that says it does. Nothing read on the way can be a member: a
/// group that covers such an entry from outside would have covered the granule too, and have been
/// found before. Orders that no group has are skipped, and orders 1 and 2 need no read of their
/// own, since head and granule share a line. Reads without the cache: 1, plus at most one for each
/// larger order in use.
///
/// Reads and writes may let other accesses happen meanwhile, in either direction; a look-up that a
/// write overtakes says so (`version`) and keeps nothing in the cache.
class OwnershipTable {
 public:
  OwnershipTable(const RmuConfig& config, MemoryPort& port);
  /// A copy of `original`, whose memory `port` reaches a copy of.
  OwnershipTable(const OwnershipTable& original, MemoryPort& port)
      : config_(original.config_),
        port_(port),
        cache_(original.cache_),
        groups_(original.groups_),
        untouched_(original.untouched_),
        version_(original.version_),
        free_at_(original.free_at_),
        statistics_(original.statistics_) {}

  struct Located {
    Governing governing{};
    Cycles latency = 0;
    bool ok = true;      ///< false: no memory there, or the entry is none that the RMU writes
    unsigned order = 0;  ///< log2 of the granules round it for which the same holds
  };
  [[nodiscard]] Located locate(Granule granule, Cycles now);

  struct Line {
    LineEntries entries{};
    Cycles latency = 0;
    bool ok = true;
  };
  /// The line that holds `granule`'s entry, from memory.
  [[nodiscard]] Line read_line(Granule granule, Cycles now);

  struct Written {
    Cycles latency = 0;
    bool ok = true;  ///< false: no memory there, or it did not hold what was expected
  };
  /// Changes word 0 of a governing entry in one write, where memory holds `expected`'s.
  Written swap_rights(Granule granule, const Entry& expected, const Entry& desired, Cycles now);
  /// Writes word 1 of a governing entry, which must be busy: nobody looks at it then.
  Written write_mapping(Granule granule, const Entry& entry, Cycles now);
  /// Writes both words of a member's entry, which governs nothing until its group is dissolved.
  Written write_dormant(Granule granule, const Entry& entry, Cycles now);

  /// Announced before a group's head is written, and after it has been dissolved.
  void count_group(unsigned order) { ++groups_[order]; }
  void discount_group(unsigned order) { --groups_[order]; }
  [[nodiscard]] std::uint64_t groups(unsigned order) const { return groups_[order]; }

  /// Changes with every write to word 0 of a governing entry.
  [[nodiscard]] std::uint64_t version() const { return version_; }
  [[nodiscard]] const TableStatistics& statistics() const { return statistics_; }

 private:
  [[nodiscard]] Address address(Granule granule) const {
    return config_.table_base + granule * RMU_ENTRY_BYTES;
  }
  /// True where the RMU could have written that entry there.
  [[nodiscard]] bool sound(const Governing& governing) const;
  [[nodiscard]] Located search(Granule granule, Cycles now);
  [[nodiscard]] unsigned most_aligned_order() const;
  MemoryReply write_word(Address address, std::uint64_t value, Cycles now);

  RmuConfig config_;
  MemoryPort& port_;
  OwnershipCache cache_;
  std::vector<std::uint64_t> groups_;  ///< groups that exist, by order
  UntouchedBlocks untouched_;
  std::uint64_t version_ = 0;
  Cycles free_at_ = 0;  ///< when the table port has answered all look-ups so far
  TableStatistics statistics_;
};

}  // namespace kilburn::rmu
