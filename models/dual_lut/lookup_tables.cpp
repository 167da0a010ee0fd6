#include "dual_lut/lookup_tables.h"

#include "dual_lut/dual_lut.h"
#include "dual_lut/wide_table.h"

namespace kilburn::dual_lut {

void LookupStatistics::visit(StatisticVisitor& v) const {
  v.counter("lookups", lookups, "look-ups", "searches for a page of a queue");
  v.counter("hits", hits, "look-ups", "that found a translation");
  v.counter("requests", requests, "requests", "translation requests, those sent again among them");
  v.counter("parked", parked, "look-ups", "that wait for a request that is under way");
  v.counter("stalls", stalls, "look-ups", "that found no free id, or no place");
  v.counter("denied", denied, "look-ups", "writes through a read-only translation");
  v.counter("evictions", evictions, "translations", "that left for another page's");
  v.counter("conflicts", conflicts, "entries",
            "of the ULUT that left for another page of their set");
  v.counter("invalidated", invalidated, "translations", "dropped by invalidations");
  v.counter("late", late, "answers", "dropped, since an invalidation had overtaken them");
  v.ratio("hit_rate", hits, lookups, "", "look-ups that found a translation");
}

std::unique_ptr<LookupTables> make_tables(const DualLutConfig& config) {
  if (config.design == Design::single) return std::make_unique<WideTable>(config);
  return std::make_unique<DualLut>(config);
}

}  // namespace kilburn::dual_lut
