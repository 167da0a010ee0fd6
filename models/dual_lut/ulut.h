// Look-up table of untranslated addresses: wide, sparse, searched by queue and page.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/random.h"
#include "dual_lut/lookup_tables.h"

namespace kilburn::dual_lut {

/// ULUT[queue, page] = {valid, untranslated page, id of the TLUT}. Set-associative; an entry may
/// have no id (it was evicted, or invalidated) and keeps its place.
class Ulut {
 public:
  using Slot = std::uint32_t;
  struct Entry {
    Key key{};
    std::uint64_t stamp = 0;  ///< of the last use (or, with fifo, of the fill)
    Id id = 0;
    bool valid = false;
    bool has_id = false;
    bool pinned = false;
  };

  explicit Ulut(const DualLutConfig& config)
      : ways_(config.ulut_ways),
        sets_(config.ulut_entries / config.ulut_ways),
        eviction_(config.eviction),
        entries_(config.ulut_entries) {}

  [[nodiscard]] std::optional<Slot> find(const Key& key) {
    const Slot first = first_of(key);
    for (Slot slot = first; slot < first + ways_; ++slot) {
      Entry& entry = entries_[slot];
      if (entry.valid && entry.key == key) {
        if (eviction_ == Eviction::lru) entry.stamp = ++time_;
        return slot;
      }
    }
    return std::nullopt;
  }
  /// A place for the key: free, or of an entry for which `may_leave(entry)`, which is still there.
  template <class MayLeave>
  [[nodiscard]] std::optional<Slot> place_for(const Key& key, MayLeave may_leave) {
    const Slot first = first_of(key);
    std::optional<Slot> best;
    const auto turn = static_cast<Slot>(eviction_ == Eviction::random ? next_random(random_) : 0);
    for (Slot i = 0; i < ways_; ++i) {
      const Slot slot = first + (i + turn) % ways_;
      const Entry& entry = entries_[slot];
      if (!entry.valid) return slot;
      if (!may_leave(entry)) continue;
      if (!best || (eviction_ != Eviction::random && entry.stamp < entries_[*best].stamp)) {
        best = slot;
      }
    }
    return best;
  }
  void fill(Slot slot, const Key& key) {
    entries_[slot] = {.key = key, .stamp = ++time_, .valid = true};
  }
  [[nodiscard]] Entry& operator[](Slot slot) { return entries_[slot]; }
  [[nodiscard]] std::vector<Entry>& entries() { return entries_; }

 private:
  [[nodiscard]] Slot first_of(const Key& key) const {
    const std::uint64_t hash = mix64(key.page ^ std::uint64_t{key.queue} << page_address_bits);
    return static_cast<Slot>(hash & (sets_ - 1)) * ways_;
  }

  std::uint32_t ways_;
  std::uint32_t sets_;
  Eviction eviction_;
  std::vector<Entry> entries_;
  std::uint64_t time_ = 0;
  std::uint64_t random_ = 1;
};

}  // namespace kilburn::dual_lut
