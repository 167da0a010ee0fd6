#include "riscv/memory/first_level_caches.h"

namespace kilburn::riscv {

/// Cycles until the line has answered.
Cycles FirstLevelCaches::look_up(cache::Cache& tags, Traffic traffic, Address line, Cycles now) {
  if (tags.hit(line, 1, cache::kind_of(traffic))) return tags.hit_cycles();
  return bus_.look_up(line & ~(tags.line_bytes() - 1), traffic, now);
}

/// The same of one line, or of several, one after the other.
Cycles FirstLevelCaches::look_up_data(Traffic traffic, Address physical, unsigned bytes,
                                      Cycles now) {
  cache::Cache& tags = *tags_.data;
  const Address first = physical & ~(tags.line_bytes() - 1);
  const Address last = physical + bytes - 1;
  // Where there is but one, it has mostly been asked: see `hit`.
  if (last - first < tags.line_bytes()) return bus_.look_up(first, traffic, now);
  Cycles taken = 0;
  for (Address line = first; line <= last; line += tags.line_bytes()) {
    taken += look_up(tags, traffic, line, now + taken);
  }
  return taken;
}

/// What a data access takes longer than a look-up that hits.
Cycles FirstLevelCaches::look_up_data(Traffic traffic, const DataPlace& place, Cycles now) {
  Cycles taken = look_up_data(traffic, place.first, place.first_bytes, now);
  if (place.second_bytes != 0) {
    taken += look_up_data(traffic, place.second, place.second_bytes, now + taken);
  }
  return taken - tags_.data->hit_cycles();
}

Cycles FirstLevelCaches::load(const DataPlace& place, Cycles now) {
  const Cycles stall = look_up_data(Traffic::load, place, now);
  load_stall_ += stall;
  return stall;
}

Cycles FirstLevelCaches::store(const DataPlace& place, Cycles now) {
  const Cycles stall = look_up_data(Traffic::store, place, now);
  if (!stores_stall_) return 0;
  store_stall_ += stall;
  return stall;
}

Cycles FirstLevelCaches::atomic(Traffic traffic, Address physical, unsigned bytes, Cycles now) {
  const Cycles stall = look_up_data(traffic, {.first = physical, .first_bytes = bytes}, now);
  (traffic == Traffic::load ? load_stall_ : store_stall_) += stall;
  return stall;
}

Cycles FirstLevelCaches::fetch(Address physical, Cycles now) {
  cache::Cache& tags = *tags_.instructions;
  const Cycles stall = look_up(tags, Traffic::fetch, physical, now) - tags.hit_cycles();
  fetch_stall_ += stall;
  return stall;
}

void FirstLevelCaches::add_stalls_to(Stalls& stalls) const {
  stalls.fetch += fetch_stall_;
  stalls.load += load_stall_;
  stalls.store += store_stall_;
}

}  // namespace kilburn::riscv
