#include "platform/node/node_statistics.h"

namespace kilburn::platform {

void NodeStatistics::visit(StatisticVisitor& v) const {
  v.enter("mmu");
  if (first_level != nullptr) first_level->visit(v, mode);
  service.visit(v, mode);
  v.leave();
  v.block("rmu", rmu);
  v.enter("cache");
  if (l1i != nullptr) v.block("l1i", *l1i);
  if (l1d != nullptr) v.block("l1d", *l1d);
  v.block("l2", l2);
  v.leave();
  v.block("interconnect", interconnect);
  v.block("memory", memory);
}

}  // namespace kilburn::platform
