// A conventional TLB in the plainest way: parallel vectors, searched from way 0 up.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "burst_tlb/tlb.h"
#include "plain_match.h"
#include "plain_replacement.h"

namespace kilburn::burst_tlb {

struct PlainConventionalTlb {
  PlainConventionalTlb(std::uint32_t sets_, std::uint32_t ways_, Replacement policy,
                       std::uint64_t seed)
      : sets(sets_),
        ways(ways_),
        valid(std::size_t{sets} * ways, false),
        vpn(valid.size()),
        owner(valid.size()),
        content(valid.size()),
        replacement(policy, sets, ways, seed) {}

  /// The way (plus set * ways) that holds the page; of an own and a global entry, the own.
  std::optional<std::uint32_t> find(PageNumber page, Context asking, bool global) const {
    const auto first = static_cast<std::uint32_t>(page % sets * ways);
    for (std::uint32_t i = first; i < first + ways; ++i) {
      if (valid[i] && vpn[i] == page && content[i].global() == global &&
          plainly_same_space(owner[i], asking, global)) {
        return i;
      }
    }
    return std::nullopt;
  }

  struct Answer {
    bool hit;
    PageNumber pfn;
    std::uint32_t entry;
  };
  Answer lookup(const Comparand& c) {
    std::optional<std::uint32_t> i = find(c.vpn, c.context, false);
    if (!i) i = find(c.vpn, c.context, true);
    if (!i) return {false, 0, 0};
    if (c.access == Access::store && (content[*i].permissions & pte::dirty) == 0) {
      return {false, 0, 0};
    }
    replacement.touch(*i / ways, *i % ways);
    return {true, content[*i].pfn, *i};
  }

  /// Returns the way (plus set * ways) that was written.
  std::uint32_t fill(const Translation& t, Context context) {
    const auto set = static_cast<std::uint32_t>(t.vpn % sets);
    std::uint32_t at = 0;
    if (const auto same = find(t.vpn, context, t.global())) {
      at = *same;
    } else {
      std::uint32_t way = 0;
      while (way < ways && valid[set * ways + way]) ++way;
      if (way == ways) way = replacement.victim(set);
      at = set * ways + way;
    }
    valid[at] = true;
    vpn[at] = t.vpn;
    owner[at] = context;
    content[at] = t;
    replacement.touch(set, at % ways);
    return at;
  }

  unsigned invalidate(const Invalidation& r) {
    unsigned cleared = 0;
    for (std::uint32_t i = 0; i < valid.size(); ++i) {
      if (valid[i] && plainly_reached(r, content[i], owner[i])) {
        valid[i] = false;
        ++cleared;
      }
    }
    return cleared;
  }

  std::uint32_t sets;
  std::uint32_t ways;
  std::vector<bool> valid;
  std::vector<PageNumber> vpn;
  std::vector<Context> owner;
  std::vector<Translation> content;
  PlainReplacement replacement;
};

}  // namespace kilburn::burst_tlb
