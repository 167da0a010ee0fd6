// What the IOMMU counts beside its caches and queues.
#pragma once

#include <cstdint>

#include "common/statistics.h"

namespace kilburn::iommu {

struct IommuStatistics {
  std::uint64_t transactions = 0;
  std::uint64_t translated_requests = 0;
  std::uint64_t translation_requests = 0;
  std::uint64_t faults = 0;
  std::uint64_t unreported_faults = 0;
  std::uint64_t interrupt_file_writes = 0;
  std::uint64_t notices = 0;
  std::uint64_t page_requests = 0;
  std::uint64_t automatic_responses = 0;
  std::uint64_t commands = 0;
  std::uint64_t table_invalidations = 0;
  std::uint64_t fences = 0;
  std::uint64_t directory_invalidations = 0;
  std::uint64_t function_messages = 0;
  std::uint64_t illegal_commands = 0;
  std::uint64_t command_timeouts = 0;
  std::uint64_t command_memory_faults = 0;
  std::uint64_t command_cycles = 0;
  std::uint64_t translation_cycles = 0;
  std::uint64_t walks = 0;
  std::uint64_t table_reads = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const IommuStatistics&, const IommuStatistics&) = default;
};

}  // namespace kilburn::iommu
