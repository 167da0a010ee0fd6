// Free pool of the TLUT's ids, and the order in which those that are taken were used.
#pragma once

#include <cassert>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/random.h"
#include "dual_lut/lookup_tables.h"

namespace kilburn::dual_lut {

/// Free ids are a stack; taken ones a list from the least to the most recently used (or taken).
class IdPool {
 public:
  IdPool(std::uint32_t ids, Eviction eviction) : eviction_(eviction), links_(ids + 1), end_(ids) {
    links_[end_] = {end_, end_, false};
    for (Id id = ids; id-- > 0;) free_.push_back(id);
  }
  [[nodiscard]] std::uint32_t free() const { return static_cast<std::uint32_t>(free_.size()); }
  [[nodiscard]] std::uint32_t total() const { return end_; }
  [[nodiscard]] bool taken(Id id) const { return links_[id].taken; }

  [[nodiscard]] std::optional<Id> take() {
    if (free_.empty()) return std::nullopt;
    const Id id = free_.back();
    free_.pop_back();
    append(id);
    return id;
  }
  void give_back(Id id) {
    assert(links_[id].taken && "an id comes back once");
    unlink(id);
    links_[id].taken = false;
    free_.push_back(id);
  }
  void used(Id id) {
    if (eviction_ != Eviction::lru || links_[end_].previous == id) return;
    unlink(id);
    append(id);
  }
  /// The first id, in the order of eviction, for which `may_leave(id)`.
  template <class MayLeave>
  [[nodiscard]] std::optional<Id> victim(MayLeave may_leave) {
    if (eviction_ == Eviction::random) {
      const Id start = static_cast<Id>(next_random(random_) % end_);
      for (Id i = 0; i < end_; ++i) {
        const Id id = (start + i) % end_;
        if (links_[id].taken && may_leave(id)) return id;
      }
      return std::nullopt;
    }
    for (Id id = links_[end_].next; id != end_; id = links_[id].next) {
      if (may_leave(id)) return id;
    }
    return std::nullopt;
  }

 private:
  struct Link {
    Id previous = 0;
    Id next = 0;
    bool taken = false;
  };
  void append(Id id) {
    const Id last = links_[end_].previous;
    links_[id] = {last, end_, true};
    links_[last].next = id;
    links_[end_].previous = id;
  }
  void unlink(Id id) {
    links_[links_[id].previous].next = links_[id].next;
    links_[links_[id].next].previous = links_[id].previous;
  }

  Eviction eviction_;
  std::vector<Id> free_;
  std::vector<Link> links_;  ///< by id; the last is the list's end
  Id end_;
  std::uint64_t random_ = 1;
};

}  // namespace kilburn::dual_lut
