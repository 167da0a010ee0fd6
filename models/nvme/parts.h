// What the controller's activities share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "ftl/media.h"
#include "nvme/async_events.h"
#include "nvme/command_pool.h"
#include "nvme/event_queue.h"
#include "nvme/features.h"
#include "nvme/host.h"
#include "nvme/identify.h"
#include "nvme/log_pages.h"
#include "nvme/namespaces.h"
#include "nvme/queues.h"
#include "nvme/registers.h"
#include "nvme/statistics.h"

namespace kilburn::nvme {

struct Parts {
  Parts(NvmeConfig with, HostMemory& host_memory, HostInterrupts& host_interrupts,
        ftl::Media& drive)
      : config(std::move(with)),
        memory(host_memory),
        interrupts(host_interrupts),
        media(drive),
        registers(config),
        features(config),
        logs(config, drive),
        events(config.asynchronous_events),
        namespaces(drive.most_namespaces()),
        identify(config, drive),
        submission(config.io_queues + 1),
        completion(config.io_queues + 1),
        commands(config.commands) {}

  const NvmeConfig config;
  HostMemory& memory;
  HostInterrupts& interrupts;
  ftl::Media& media;
  Registers registers;
  Features features;
  LogPages logs;
  AsyncEvents events;
  Namespaces namespaces;
  Identify identify;
  std::vector<SubmissionQueue> submission;  ///< by id; 0 is the admin queue
  std::vector<CompletionQueue> completion;
  CommandPool commands;
  EventQueue queue;
  NvmeStatistics statistics;
  bool fetch_due = false;
  Nanoseconds busy_since = 0;  ///< since when an I/O command has been under way

  /// Looks for commands to fetch.
  void want_fetch(Nanoseconds now) {
    if (fetch_due) return;
    fetch_due = true;
    queue.add(now, Event::Kind::fetch);
  }
  /// The command ends then.
  void end(std::uint32_t slot, Status status, Nanoseconds when) {
    Command& command = commands[slot];
    command.status = status;
    command.ending = true;
    queue.add(when, Event::Kind::complete, slot, command.generation);
  }
  void report(const AsyncEvent& event, Nanoseconds now) {
    events.report(event);
    queue.add(now, Event::Kind::events);
  }
  [[nodiscard]] std::uint64_t most_bytes() const {
    return std::uint64_t{4096} << config.transfer_pages_log2;
  }
};

}  // namespace kilburn::nvme
