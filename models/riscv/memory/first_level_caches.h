// The first-level caches of a hart, L1I and L1D, as its accesses to main memory pass them.
#pragma once

#include "cache/cache.h"
#include "common/traffic.h"
#include "riscv/hart_config.h"
#include "riscv/memory/hart_bus.h"
#include "riscv/memory/stalls.h"

namespace kilburn::riscv {

/// Where a data access lies: in one page, or in two.
struct DataPlace {
  Address first = 0;
  unsigned first_bytes = 0;
  Address second = 0;
  unsigned second_bytes = 0;  ///< 0: all of it lies at `first`
};

/// Modelled: every line that an access touches is looked up. Hits are answered here; misses are
/// HartBus::look_up. Not modelled: coherence with other harts' caches, several misses at once,
/// prefetch; an L1I that hears of stores (fence.i has nothing to do).
/// Time: hits are pipelined. The hart waits for what an access takes longer than one look-up that
/// hits: a miss's way below, and a second line's whole look-up. A store's wait is hidden by a store
/// buffer unless `stores_stall`; that of an atomic operation, whose result the hart needs, is not.
///
/// An access to the line that its set touched last is a repeat: it changes no cache's state, only
/// counts. Repeats of loads and stores are counted one by one (`repeat`); those of fetches all at
/// once (`count_fetches`), by a hart that executes decoded blocks and asks `is_at_hand` where an
/// instruction lies in another line than the one before.
class FirstLevelCaches {
 public:
  /// Null: the hart has none, as with Timing::ideal.
  struct Tags {
    cache::Cache* instructions = nullptr;
    cache::Cache* data = nullptr;
  };
  FirstLevelCaches(const HartConfig& config, Tags tags, HartBus& bus)
      : tags_(tags), bus_(bus), stores_stall_(config.stores_stall) {}

  [[nodiscard]] bool present() const { return tags_.data != nullptr; }

  /// A load or store whose time is hidden and which the level below need not hear of. False, and
  /// nothing is counted: use `load` or `store`.
  // NOLINTNEXTLINE(readability-make-member-function-const): the cache, which it refers to, changes
  [[nodiscard]] bool hit(Address physical, unsigned bytes, cache::Kind kind) {
    return tags_.data->repeat(physical, bytes, kind) || tags_.data->hit(physical, bytes, kind);
  }
  /// Cycles that the hart waits from `now` on.
  Cycles load(const DataPlace& place, Cycles now);
  Cycles store(const DataPlace& place, Cycles now);
  Cycles atomic(Traffic traffic, Address physical, unsigned bytes, Cycles now);

  /// The line at `line`, its first address, is the one that its set touched last.
  [[nodiscard]] bool is_at_hand(Address line) const { return tags_.instructions->is_recent(line); }
  [[nodiscard]] Address fetch_line_bytes() const { return tags_.instructions->line_bytes(); }
  /// An instruction's line is looked up; or the second one, where the instruction lies in two.
  Cycles fetch(Address physical, Cycles now);
  Cycles fetch_second(Address line, Cycles now) {
    // Behind the first line's look-up, of which what is longer than a hit has passed already.
    cache::Cache& tags = *tags_.instructions;
    const Cycles stall = tags.repeat(line, 1, cache::Kind::fetch)
                             ? tags.hit_cycles()
                             : look_up(tags, Traffic::fetch, line, now + tags.hit_cycles());
    fetch_stall_ += stall;
    return stall;
  }
  /// So many look-ups of lines at hand.
  // NOLINTNEXTLINE(readability-make-member-function-const): the same
  void count_fetches(std::uint64_t count) {
    tags_.instructions->count_repeats(cache::Kind::fetch, count);
  }

  /// By cause: fetch, load, store.
  void add_stalls_to(Stalls& stalls) const;

 private:
  Cycles look_up(cache::Cache& tags, Traffic traffic, Address line, Cycles now);
  Cycles look_up_data(Traffic traffic, Address physical, unsigned bytes, Cycles now);
  Cycles look_up_data(Traffic traffic, const DataPlace& place, Cycles now);

  Tags tags_;
  HartBus& bus_;
  bool stores_stall_;
  Cycles fetch_stall_ = 0;
  Cycles load_stall_ = 0;
  Cycles store_stall_ = 0;
};

}  // namespace kilburn::riscv
