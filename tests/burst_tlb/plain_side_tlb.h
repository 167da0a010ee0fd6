// The large-page TLB in the plainest way.
#pragma once

#include <optional>
#include <vector>

#include "burst_tlb/tlb.h"
#include "plain_match.h"

namespace kilburn::burst_tlb {

class PlainSideTlb {
 public:
  explicit PlainSideTlb(std::uint32_t entries) : held_(entries) {}

  std::optional<Translation> lookup(const Comparand& c) {
    for (std::optional<Held>& held : held_) {
      if (!held || !held->covers(c.vpn) ||
          !plainly_same_space(held->owner, c.context, held->content.global())) {
        continue;
      }
      if (c.access == Access::store && (held->content.permissions & pte::dirty) == 0) continue;
      held->used = ++time_;
      Translation t = held->content;
      t.pfn = t.pfn - t.vpn % held->pages() + c.vpn % held->pages();
      t.vpn = c.vpn;
      return t;
    }
    return std::nullopt;
  }
  void fill(const Translation& t, Context context) {
    std::optional<Held>* place = nullptr;
    for (std::optional<Held>& held : held_) {
      if (place == nullptr && held && held->covers(t.vpn) && held->content.global() == t.global() &&
          plainly_same_space(held->owner, context, t.global())) {
        place = &held;
      }
    }
    for (std::optional<Held>& held : held_) {
      if (place == nullptr && !held) place = &held;
    }
    if (place == nullptr) {
      place = &held_.front();
      for (std::optional<Held>& held : held_) {
        if (held->used < (*place)->used) place = &held;
      }
    }
    *place = Held{t, context, ++time_};
  }
  unsigned invalidate(const Invalidation& r) {
    unsigned cleared = 0;
    for (std::optional<Held>& held : held_) {
      if (held && plainly_reached(r, held->content, held->owner)) {
        held.reset();
        ++cleared;
      }
    }
    return cleared;
  }
  [[nodiscard]] std::uint64_t reach_bytes() const {
    std::uint64_t bytes = 0;
    for (const std::optional<Held>& held : held_) bytes += held ? 4096 * held->pages() : 0;
    return bytes;
  }

 private:
  struct Held {
    Translation content;
    Context owner;
    std::uint64_t used;
    [[nodiscard]] PageNumber pages() const {
      return PageNumber{1} << std::min(content.order, content.verdict_order);
    }
    [[nodiscard]] bool covers(PageNumber vpn) const {
      return vpn / pages() == content.vpn / pages();
    }
  };
  std::vector<std::optional<Held>> held_;
  std::uint64_t time_ = 0;
};

}  // namespace kilburn::burst_tlb
