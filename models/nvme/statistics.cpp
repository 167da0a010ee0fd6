#include "nvme/statistics.h"

namespace kilburn::nvme {

void NvmeStatistics::visit(StatisticVisitor& v) const {
  v.counter("doorbells", doorbells, "writes", "writes of doorbells");
  v.counter("bad_doorbells", bad_doorbells, "writes", "those of them with no queue or a bad value");
  v.counter("fetches", fetches, "fetches", "bursts of commands read from submission queues");
  v.counter("admin_commands", admin_commands, "commands", "of the admin queue");
  v.counter("reads", reads, "commands", "reads");
  v.counter("writes", writes, "commands", "writes");
  v.counter("flushes", flushes, "commands", "flushes");
  v.counter("other_commands", other_commands, "commands", "other I/O commands");
  v.counter("bytes_read", bytes_read, "bytes", "asked for by reads");
  v.counter("bytes_written", bytes_written, "bytes", "taken in by writes");
  v.counter("errors", errors, "commands", "commands that ended with an error");
  v.counter("completions", completions, "completions", "written to completion queues");
  v.counter("interrupts", interrupts, "interrupts", "messages sent, or rises of the pin");
  v.counter("events", events, "events", "asynchronous events told");
  v.counter("resets", resets, "resets", "controller level resets");
  v.histogram("read_ns", read_ns, "ns", "from a read's fetch to its completion");
  v.histogram("write_ns", write_ns, "ns", "from a write's fetch to its completion");
}

}  // namespace kilburn::nvme
