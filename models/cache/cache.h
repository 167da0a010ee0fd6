// Set-associative cache of 64-byte lines (or another power of two): tags and timing, no data.
#pragma once

#include <array>
#include <cassert>
#include <cstdint>
#include <vector>

#include "common/parameters.h"
#include "common/replacement.h"
#include "common/statistics.h"
#include "common/traffic.h"
#include "common/types.h"

namespace kilburn::cache {

enum class WritePolicy : std::uint8_t {
  write_back,     ///< a store miss allocates, a dirty victim is written back
  write_through,  ///< a store always goes to the level below, and a store miss does not allocate
};

struct CacheConfig {
  std::uint64_t bytes = std::uint64_t{32} * 1024;
  std::uint32_t ways = 8;
  std::uint32_t line_bytes = 64;
  std::uint32_t hit_cycles = 4;
  WritePolicy write_policy = WritePolicy::write_back;
  Replacement replacement = Replacement::lru;
  std::uint64_t seed = 1;

  [[nodiscard]] std::uint64_t sets() const { return bytes / line_bytes / ways; }
  void visit(ParameterVisitor& v);
};

/// What an access is for. Table reads and writes are the page-table walker's.
enum class Kind : std::uint8_t { fetch, load, store, table_read, table_write };
inline constexpr std::size_t kinds = 5;

[[nodiscard]] constexpr bool is_write(Kind kind) {
  return kind == Kind::store || kind == Kind::table_write;
}

/// A line written back from the level above is a store here.
[[nodiscard]] constexpr Kind kind_of(Traffic traffic) {
  return traffic == Traffic::writeback ? Kind::store : static_cast<Kind>(traffic);
}
/// What a miss asks of the level below: a store fetches its line first.
[[nodiscard]] constexpr Traffic refill_traffic(Traffic traffic) {
  switch (traffic) {
    case Traffic::store:
    case Traffic::writeback:
      return Traffic::load;
    case Traffic::table_write:
      return Traffic::table_read;
    default:
      return traffic;
  }
}

struct CacheStatistics {
  std::array<std::uint64_t, kinds> hits_of{};    ///< by Kind
  std::array<std::uint64_t, kinds> misses_of{};  ///< by Kind
  std::uint64_t fills = 0;
  std::uint64_t writebacks = 0;
  std::uint64_t write_throughs = 0;
  std::uint64_t invalidations = 0;

  [[nodiscard]] std::uint64_t reads() const;
  [[nodiscard]] std::uint64_t writes() const;
  [[nodiscard]] std::uint64_t hits() const;
  [[nodiscard]] std::uint64_t misses() const;
  void visit(StatisticVisitor& v) const;
  friend bool operator==(const CacheStatistics&, const CacheStatistics&) = default;
};

struct Lookup {
  bool hit = false;
  bool fill = false;         ///< a miss that allocates: fetch the line from below, then `fill`
  bool write_below = false;  ///< write-through: the store goes on to the level below
};

/// A line that left the cache.
struct Victim {
  bool valid = false;
  bool dirty = false;  ///< to be written to the level below
  Address address = 0;
};

/// One level. Modelled: tags, dirty bits, replacement. Not modelled: data (memory::Storage has
/// them), MSHRs, prefetch, coherence between caches (the caller invalidates).
/// Time: an access costs `hit_cycles`, hit or miss; what lies below comes on top. The caller that
/// sees `fill` pays for the level below and then calls `fill(address, kind)`. Where other accesses
/// came in between and one of them filled the line, `fill` only touches it.
class Cache {
 public:
  /// `config` has passed its own checks.
  explicit Cache(const CacheConfig& config);

  Lookup access(Address address, Kind kind) {
    if (!touch(address)) return miss(kind);
    ++statistics_.hits_of[static_cast<std::size_t>(kind)];
    if (!is_write(kind)) return {.hit = true};
    if (config_.write_policy == WritePolicy::write_back) {
      write_recent(address);
      return {.hit = true};
    }
    ++statistics_.write_throughs;
    return {.hit = true, .write_below = true};
  }

  // For a hart, which answers its hits without a transaction.
  /// An access of `bytes` bytes that lie in the line that its set touched last and, of a store,
  /// that is dirty already. True: it is counted, and nothing else was left to change. Else nothing
  /// is counted.
  bool repeat(Address address, unsigned bytes, Kind kind) {
    const Recent& recent = recent_[address >> line_shift_ & set_mask_];
    const Address line = is_write(kind) ? recent.dirty_line : recent.line;
    if (address - line > line_bytes_ - bytes) return false;
    ++statistics_.hits_of[static_cast<std::size_t>(kind)];
    return true;
  }
  /// The same of any line that is present: the whole look-up. False, and nothing has changed, where
  /// `access` has to be asked, because the line is absent or the level below hears of the store,
  /// and where the bytes lie in two lines.
  bool hit(Address address, unsigned bytes, Kind kind);
  /// The line at `line`, its first address, is the one that its set touched last.
  [[nodiscard]] bool is_recent(Address line) const {
    return recent_[line >> line_shift_ & set_mask_].line == line;
  }
  /// So many hits that were not looked up, each of a line that its set touched last.
  void count_repeats(Kind kind, std::uint64_t count) {
    statistics_.hits_of[static_cast<std::size_t>(kind)] += count;
  }

  /// Installs the line of `address`, which the `kind` access missed. Returns what it displaced.
  Victim fill(Address address, Kind kind);
  /// Drops the line of `address` without writing it back; `dirty` says that it should have been.
  Victim invalidate(Address address);
  /// Empties the cache. Returns the addresses of the dirty lines, which the caller writes below.
  std::vector<Address> flush();

  [[nodiscard]] bool contains(Address address) const;
  [[nodiscard]] Cycles hit_cycles() const { return config_.hit_cycles; }
  [[nodiscard]] Address line_bytes() const { return line_bytes_; }
  [[nodiscard]] const CacheStatistics& statistics() const { return statistics_; }

 private:
  static constexpr std::uint64_t no_line = UINT64_MAX;
  static constexpr Address nowhere = Address{1} << 63;  ///< above every physical address

  /// What a set touched last. Touching it again changes no policy's state.
  struct Recent {
    Address line = nowhere;        ///< its first address
    Address dirty_line = nowhere;  ///< the same, where it is dirty
  };

  /// The way that holds `line`, or `ways_`.
  [[nodiscard]] std::uint32_t find(std::size_t first, std::uint64_t line) const {
    const std::uint64_t* const set = &lines_[first];
    std::uint32_t way = 0;
    while (way < ways_ && set[way] != line) ++way;
    return way;
  }
  Lookup miss(Kind kind) {
    ++statistics_.misses_of[static_cast<std::size_t>(kind)];
    if (!is_write(kind) || config_.write_policy == WritePolicy::write_back) return {.fill = true};
    ++statistics_.write_throughs;
    return {.write_below = true};
  }
  /// Makes the line of `address` its set's most recent. False: it is absent.
  bool touch(Address address) {
    const std::uint64_t line = address >> line_shift_;
    const auto set = static_cast<std::uint32_t>(line & set_mask_);
    if (recent_[set].line == line << line_shift_) return true;
    const std::uint32_t way = find(std::size_t{set} * ways_, line);
    if (way == ways_) return false;
    touch(set, way);
    return true;
  }
  void touch(std::uint32_t set, std::uint32_t way) {
    const std::size_t index = std::size_t{set} * ways_ + way;
    const Address line = lines_[index] << line_shift_;
    recent_[set] = {line, dirty_[index] != 0 ? line : nowhere};
    recent_way_[set] = way;
    replacement_.touch(set, way);
  }
  /// The line of `address`, which its set touched last, is dirty from now on.
  void write_recent(Address address) {
    const std::size_t set = address >> line_shift_ & set_mask_;
    Recent& recent = recent_[set];
    if (recent.dirty_line == recent.line) return;
    recent.dirty_line = recent.line;
    dirty_[set * ways_ + recent_way_[set]] = 1;
  }

  CacheConfig config_;
  unsigned line_shift_;
  Address line_bytes_;
  std::uint64_t set_mask_;
  std::uint32_t ways_;
  std::vector<std::uint64_t> lines_;       ///< sets * ways: address >> line_shift_, or no_line
  std::vector<std::uint8_t> dirty_;        ///< sets * ways
  std::vector<Recent> recent_;             ///< per set
  std::vector<std::uint32_t> recent_way_;  ///< per set: where that line is
  ReplacementState replacement_;
  CacheStatistics statistics_;
};

}  // namespace kilburn::cache
