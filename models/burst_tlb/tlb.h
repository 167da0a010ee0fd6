// What every TLB organisation of Kilburn shares: comparand, result, configuration, statistics.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "common/invalidation.h"
#include "common/page_table.h"
#include "common/parameters.h"
#include "common/replacement.h"
#include "common/statistics.h"

namespace kilburn::burst_tlb {

/// What a lookup compares.
struct Comparand {
  PageNumber vpn = 0;
  Context context{};
  Access access = Access::load;
};

enum class Outcome : std::uint8_t {
  hit,
  miss_tag,      ///< no entry has the tag
  miss_unit,     ///< the tag matched, the selected unit is invalid
  miss_content,  ///< the tag matched, the unit is valid, its content differs
};

struct Lookup {
  Outcome outcome = Outcome::miss_tag;
  Translation translation{};  ///< valid on a hit
  bool side = false;          ///< the hit came from the large-page TLB
  std::uint32_t entry = 0;    ///< way + set * ways; valid where the tag matched
};

/// What a fill did to the array: the co-simulation compares it.
struct Fill {
  std::uint32_t entry = 0;
  bool in_place = false;       ///< the tag was there: siblings survive
  unsigned units_filled = 0;   ///< units that became valid or were overwritten
  unsigned units_evicted = 0;  ///< live units of the victim
};

inline constexpr std::size_t max_siblings = 15;  ///< units of the largest entry, but one

enum class Organisation : std::uint8_t { burst, conventional, contiguous, clustered, colt_fa };
enum class ContextIn : std::uint8_t { tag, tdu };
enum class FillPolicy : std::uint8_t { single, line };
enum class LargePages : std::uint8_t { replicate, side };

struct TlbConfig {
  Organisation organisation = Organisation::burst;
  std::uint32_t entries = 64;
  std::uint32_t ways = 0;  ///< 0: fully associative
  std::uint32_t units_per_tag = 8;
  ContextIn context_in = ContextIn::tag;
  FillPolicy fill = FillPolicy::line;
  Replacement replacement = Replacement::lru;
  std::uint64_t seed = 1;
  LargePages large_pages = LargePages::side;
  std::uint32_t side_entries = 32;
  std::uint32_t hit_cycles = 1;

  [[nodiscard]] std::uint32_t associativity() const { return ways == 0 ? entries : ways; }
  [[nodiscard]] std::uint32_t sets() const { return entries / associativity(); }
  /// Units that one tag serves: a conventional TLB has one, and colt_fa one run of pages.
  [[nodiscard]] std::uint32_t units() const {
    return organisation == Organisation::conventional || organisation == Organisation::colt_fa
               ? 1
               : units_per_tag;
  }
  /// True where leaves over 64 KiB are held beside the array; colt_fa has them among its runs.
  [[nodiscard]] bool has_side() const {
    return large_pages == LargePages::side && organisation != Organisation::colt_fa;
  }
  void visit(ParameterVisitor& v);
};

struct TlbStatistics {
  std::uint64_t lookups = 0;
  std::uint64_t hits = 0;
  std::uint64_t side_hits = 0;
  std::uint64_t miss_tag = 0;
  std::uint64_t miss_unit = 0;
  std::uint64_t miss_content = 0;
  std::uint64_t fills = 0;
  std::uint64_t units_filled = 0;
  std::uint64_t evictions = 0;
  std::uint64_t units_evicted = 0;
  std::uint64_t units_invalidated = 0;
  Histogram density = Histogram::linear(16);

  [[nodiscard]] std::uint64_t misses() const { return miss_tag + miss_unit + miss_content; }
  void visit(StatisticVisitor& v) const;
  friend bool operator==(const TlbStatistics&, const TlbStatistics&) = default;
};

/// One TLB, whatever its organisation. Plain and deterministic; latency is `hit_cycles` for every
/// lookup, hit or miss.
class Tlb {
 public:
  virtual ~Tlb() = default;
  virtual Lookup lookup(const Comparand& comparand) = 0;
  /// Installs the translation that a walk returned for `context`. `neighbours` are the other leaves
  /// of the fetched 64-byte line of PTEs that the caller found valid, accessed and permitted; a
  /// `single` TLB leaves them alone.
  virtual Fill fill(const Translation& translation, Context context,
                    std::span<const Translation> neighbours) = 0;
  /// After a hit: the other pages that the entry translates for the same context, as a wide read of
  /// its row brings them to the level above. Returns how many of `out` it wrote.
  virtual unsigned siblings(const Comparand& comparand, const Lookup& hit,
                            std::span<Translation, max_siblings> out) const = 0;
  /// Drops what matches. Returns the number of units cleared.
  virtual unsigned invalidate(const Invalidation& invalidation) = 0;
  /// How long `invalidate` would take if it came now, until its acknowledgement: InvalidationTime.
  [[nodiscard]] virtual Cycles invalidation_cycles(const Invalidation& invalidation) const = 0;
  /// Counters so far, with the density of the entries now live added to the histogram.
  [[nodiscard]] virtual TlbStatistics statistics() const = 0;
  /// Bytes that the live units map: its reach at this moment.
  [[nodiscard]] virtual std::uint64_t reach_bytes() const = 0;
};

/// What a geometry takes, in bits, and what one access of it moves.
struct StorageBits {
  std::uint64_t tags = 0;   ///< of the array; CAM
  std::uint64_t units = 0;  ///< of the array, valid bits included; RAM
  /// The large-page TLB: its tags (CAM), contents, valid bits and replacement state.
  std::uint64_t large_pages = 0;
  std::uint64_t replacement = 0;  ///< of the array
  std::uint64_t cam = 0;          ///< the tags of both
  std::uint64_t total = 0;
  /// By one look-up: the tags of its set, what it compares of the unit selected, the large-page
  /// TLB's tags.
  std::uint64_t compared = 0;
  std::uint64_t unit_read = 0;   ///< by a hit: the unit selected
  std::uint64_t entry_read = 0;  ///< by a hit that brings the whole entry: the wide read
};
[[nodiscard]] StorageBits storage_bits(const TlbConfig& config, PagingMode mode);

/// Shows the block `name`: what a TLB has counted, its reach now, and what it is built of.
/// `wide_read`: its hits bring whole entries to the level above.
void show(StatisticVisitor& v, std::string_view name, const TlbStatistics& counted,
          std::uint64_t reach_bytes, const StorageBits& storage, bool wide_read);

/// The TLB that `config` describes.
[[nodiscard]] std::unique_ptr<Tlb> make_tlb(const TlbConfig& config);

}  // namespace kilburn::burst_tlb
