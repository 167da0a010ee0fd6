#include "iommu/context_cache.h"

namespace kilburn::iommu {

void ContextCacheStatistics::visit(StatisticVisitor& v) const {
  v.counter("lookups", lookups, "lookups", "contexts looked for");
  v.counter("hits", hits, "lookups", "contexts found");
  v.counter("fills", fills, "contexts", "read from memory and kept");
  v.counter("evictions", evictions, "contexts", "that made room for another");
  v.counter("invalidated", invalidated, "contexts", "dropped by a command, or by the RMU");
  v.ratio("hit_rate", hits, lookups, "", "hits a lookup");
}

}  // namespace kilburn::iommu
