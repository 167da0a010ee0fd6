// A process that a trace was recorded from: its reader and its memory.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "platform/node/platform_config.h"
#include "platform/replay/process_memory.h"
#include "trace/trace.h"
#include "trace_os/scheduler.h"

namespace kilburn::platform {

class TraceProcess {
 public:
  /// Throws InputError where the trace cannot be opened, or would have to be read twice and cannot.
  TraceProcess(std::uint32_t number, std::filesystem::path path, const PlatformConfig& config);

  /// Makes the first address space. Called once the simulation runs.
  void start(OsServices& services) { memory_.switch_space(services, 0); }
  /// Maps what the program touched before the trace begins, where the trace says in which order,
  /// then reads the trace once, up to `limit` accesses, and maps what it touches in the order of
  /// its touches: as it is in a process that has run for a while. Then begins anew. Ends early
  /// where `interrupt` is raised.
  void premap(OsServices& services, std::uint64_t limit, const std::atomic<bool>* interrupt);
  /// The next record, or null at the end. The record's events are in `event`.
  [[nodiscard]] const trace::Record* next() {
    if (at_ == batch_.records.size() && !refill()) return nullptr;
    return &batch_.records[at_++];
  }
  [[nodiscard]] const trace::Event& event(const trace::Record& record) const {
    return batch_.events[record.event];
  }
  /// InputError for an address that no page can be mapped at.
  [[noreturn]] void throw_unmappable(Address va, trace_os::Outcome outcome) const;
  [[nodiscard]] std::uint64_t position() const { return first_record_ + at_; }

  [[nodiscard]] ProcessMemory& memory() { return memory_; }
  [[nodiscard]] const ProcessMemory& memory() const { return memory_; }
  /// Once an access: the synthetic events that it brings.
  [[nodiscard]] DueChanges tick() {
    DueChanges due{.process = clock_.tick()};
    if (has_guest_) due.host = host_clock_.tick();
    return due;
  }
  [[nodiscard]] const trace::Description& description() const { return reader_->description(); }

 private:
  bool refill();
  void replay_touches(OsServices& services, const std::atomic<bool>* interrupt);
  [[noreturn]] void throw_unmappable(const std::string& place, Address va,
                                     trace_os::Outcome outcome) const;
  void map_page(Address va, Access access);
  void touch(const trace::Record& record);

  std::filesystem::path path_;
  std::unique_ptr<trace::Reader> reader_;
  TouchOrderOf touch_order_;
  ProcessMemory memory_;
  bool has_guest_;
  trace_os::EventClock clock_;
  trace_os::EventClock host_clock_;
  trace::Batch batch_{};
  std::size_t at_ = 0;
  std::uint64_t first_record_ = 0;
  std::array<std::uint64_t, 1024> touched_{};  ///< premap: pages seen lately, by low bits
};

}  // namespace kilburn::platform
