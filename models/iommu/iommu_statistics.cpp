#include "iommu/iommu_statistics.h"

namespace kilburn::iommu {

void IommuStatistics::visit(StatisticVisitor& v) const {
  v.counter("transactions", transactions, "pages", "pages of accesses that devices made");
  v.counter("translated_requests", translated_requests, "pages",
            "those of them whose addresses the device had translated before (ATS)");
  v.counter("translation_requests", translation_requests, "requests", "ATS translation requests");
  v.counter("faults", faults, "faults", "transactions refused");
  v.counter("unreported_faults", unreported_faults, "faults",
            "those of them that the device context keeps silent about (DTF)");
  v.counter("interrupt_file_writes", interrupt_file_writes, "pages",
            "accesses to interrupt files, which an MSI page table led to");
  v.counter("notices", notices, "messages",
            "notices sent for interrupts stored in memory-resident interrupt files");
  v.counter("page_requests", page_requests, "messages", "page requests of devices");
  v.counter("automatic_responses", automatic_responses, "messages",
            "those of them that the IOMMU answered itself");
  v.counter("commands", commands, "commands", "commands carried out");
  v.counter("table_invalidations", table_invalidations, "commands", "IOTINVAL.VMA and GVMA");
  v.counter("fences", fences, "commands", "IOFENCE.C");
  v.counter("directory_invalidations", directory_invalidations, "commands",
            "IODIR.INVAL_DDT and INVAL_PDT");
  v.counter("function_messages", function_messages, "commands", "ATS.INVAL and ATS.PRGR");
  v.counter("illegal_commands", illegal_commands, "commands", "that stopped the queue");
  v.counter("command_timeouts", command_timeouts, "commands",
            "that stopped the queue because somebody did not answer");
  v.counter("command_memory_faults", command_memory_faults, "faults",
            "memory faults that stopped the command queue");
  v.counter("command_cycles", command_cycles, "cycles", "time of all commands");
  v.counter("translation_cycles", translation_cycles, "cycles",
            "time of translations, directories included");
  v.counter("walks", walks, "walks", "walks of page tables for devices");
  v.counter("table_reads", table_reads, "reads",
            "reads of memory for translations: page tables, directories, MSI page tables");
  v.ratio("cycles_per_page", translation_cycles, transactions, "cycles/page",
          "mean time of a translation");
  v.ratio("walks_per_page", walks, transactions, "walks/page", "walks a page");
  v.ratio("table_reads_per_page", table_reads, transactions, "reads/page",
          "reads of tables a page");
}

}  // namespace kilburn::iommu
