#include "riscv/memory/first_level_caches.h"

namespace kilburn::riscv {

/// Cycles until the last line of [physical, physical + bytes) has answered: one after the other.
Cycles FirstLevelCaches::look_up(cache::Cache& tags, Traffic traffic, Address physical,
                                 unsigned bytes, Cycles now) {
  const Address last = physical + bytes - 1;
  Cycles taken = 0;
  for (Address line = physical & ~(tags.line_bytes() - 1); line <= last;
       line += tags.line_bytes()) {
    taken += tags.hit(line, 1, cache::kind_of(traffic)) ? tags.hit_cycles()
                                                        : bus_.look_up(line, traffic, now + taken);
  }
  return taken;
}

/// The same beyond a look-up that hits.
Cycles FirstLevelCaches::look_up(Traffic traffic, const DataPlace& place, Cycles now) {
  cache::Cache& tags = *tags_.data;
  Cycles taken = look_up(tags, traffic, place.first, place.first_bytes, now);
  if (place.second_bytes != 0) {
    taken += look_up(tags, traffic, place.second, place.second_bytes, now + taken);
  }
  return taken - tags.hit_cycles();
}

Cycles FirstLevelCaches::load(const DataPlace& place, Cycles now) {
  const Cycles stall = look_up(Traffic::load, place, now);
  load_stall_ += stall;
  return stall;
}

Cycles FirstLevelCaches::store(const DataPlace& place, Cycles now) {
  const Cycles stall = look_up(Traffic::store, place, now);
  if (!stores_stall_) return 0;
  store_stall_ += stall;
  return stall;
}

Cycles FirstLevelCaches::atomic(Traffic traffic, Address physical, unsigned bytes, Cycles now) {
  const Cycles stall = look_up(traffic, {.first = physical, .first_bytes = bytes}, now);
  (traffic == Traffic::load ? load_stall_ : store_stall_) += stall;
  return stall;
}

Cycles FirstLevelCaches::fetch(Address physical, Cycles now) {
  cache::Cache& tags = *tags_.instructions;
  const Cycles stall = look_up(tags, Traffic::fetch, physical, 1, now) - tags.hit_cycles();
  fetch_stall_ += stall;
  return stall;
}

Cycles FirstLevelCaches::fetch_second(Address line, Cycles now) {
  cache::Cache& tags = *tags_.instructions;
  // Behind the first line's look-up, of which what is longer than a hit has passed already.
  const Cycles stall = look_up(tags, Traffic::fetch, line, 1, now + tags.hit_cycles());
  fetch_stall_ += stall;
  return stall;
}

void FirstLevelCaches::add_stalls_to(Stalls& stalls) const {
  stalls.fetch += fetch_stall_;
  stalls.load += load_stall_;
  stalls.store += store_stall_;
}

}  // namespace kilburn::riscv
