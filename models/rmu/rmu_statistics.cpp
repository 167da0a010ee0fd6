#include "rmu/rmu_statistics.h"

#include <string_view>

namespace kilburn::rmu {

namespace {

struct Label {
  std::string_view name;
  std::string_view sentence;
};

constexpr std::array<Label, denial_reasons> denial_labels{{
    {"none", ""},
    {"no_realm", "the realm that asked does not exist"},
    {"out_of_range", "the table does not cover the frame"},
    {"table", "the frame holds the ownership table"},
    {"unowned", "the granule is nobody's"},
    {"state", "the granule is clean, private or being scrubbed"},
    {"not_owner", "the granule is another realm's and not shared"},
    {"read_only", "a store to another realm's granule, shared for reading"},
    {"mapping", "the frame was reached from another page than its entry says"},
    {"table_error", "no memory at the entry, or a damaged entry"},
    {"data_only", "a page table was read in a granule that holds data only"},
}};

}  // namespace

void RmuStatistics::visit(StatisticVisitor& v) const {
  v.counter("checks", checks, "checks", "accesses checked");
  v.counter("transient", transient, "checks", "checks that met a command changing their entry");
  v.counter("overtaken", overtaken, "checks", "look-ups repeated because the table had changed");
  v.histogram("check_cycles", check_cycles, "cycles", "latency of a check");
  v.enter("denials");
  for (unsigned i = 1; i < denial_reasons; ++i) {
    v.counter(denial_labels[i].name, denials[i], "checks", denial_labels[i].sentence);
  }
  v.leave();
  table.visit(v);
  v.ratio("reads_per_check", table.reads, checks, "lines/check",
          "table reads, those of commands included, a check");
  v.enter("commands");
  for (unsigned code = 0; code < RMU_CMD_COUNT; ++code) {
    v.enter(to_string(static_cast<CommandCode>(code)));
    for (unsigned status = 0; status < RMU_STATUS_COUNT; ++status) {
      v.counter(to_string(static_cast<Status>(status)), commands[code][status], "commands",
                "commands of this kind that ended so");
    }
    v.leave();
  }
  v.leave();
  v.counter("fuses", fuses, "groups", "groups fused");
  v.counter("shatters", shatters, "groups", "groups shattered");
  v.counter("scrub_writes", scrub_writes, "words", "8-byte words zeroed by scrub");
  v.counter("invalidations", invalidations, "invalidations", "invalidations broadcast");
  v.counter("invalidation_timeouts", invalidation_timeouts, "invalidations",
            "invalidations that a holder did not acknowledge in time");
  v.counter("invalidation_cycles", invalidation_cycles, "cycles",
            "waiting for acknowledgements, time-outs included");
  v.histogram("fused_order", fused_order, "bits", "log2 of the granules of each group fused");
  v.histogram("command_cycles", command_cycles, "cycles", "duration of a command, any status");
  v.histogram("fuse_cycles", fuse_cycles, "cycles", "duration of a fuse that succeeded");
  v.histogram("shatter_cycles", shatter_cycles, "cycles", "duration of a shatter that succeeded");
}

}  // namespace kilburn::rmu
