// The statistics of a node as a tree: one shape, whoever simulates it.
#pragma once

#include "cache/cache.h"
#include "interconnect/interconnect.h"
#include "memory/dram.h"
#include "mmu/mmu.h"
#include "rmu/rmu.h"

namespace kilburn::platform {

struct NodeStatistics {
  PagingMode mode;  ///< the widest addresses that tags hold
  /// First level and caches of the one hart that plays traces. Null: harts show their own.
  const mmu::Mmu* first_level = nullptr;
  const cache::CacheStatistics* l1i = nullptr;
  const cache::CacheStatistics* l1d = nullptr;
  const mmu::TranslationService& service;
  rmu::RmuStatistics rmu;
  const cache::CacheStatistics& l2;
  const interconnect::InterconnectStatistics& interconnect;
  const memory::DramStatistics& memory;

  void visit(StatisticVisitor& v) const;
};

}  // namespace kilburn::platform
