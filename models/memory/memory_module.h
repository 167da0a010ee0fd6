// Main memory on the bus: Storage's bytes with Dram's timing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <systemc>
#include <tlm>
#include <utility>

#include "common/clock.h"
#include "common/forward_target.h"
#include "memory/dram.h"
#include "memory/storage.h"

namespace kilburn::memory {

/// Modelled: reads, writes and timing-only accesses of any length, byte enables, atomic
/// compare-and-exchange (AtomicExtension), debug transport, DMI for reading. Time: the annotated
/// delay grows by Dram's latency; a burst asks for all its lines at once, and ends with the last.
/// DMI carries no latency of its own: whoever uses it accounts for time by a timing-only access.
/// Writing by DMI is not granted, so that every write that a payload makes is seen here.
class MemoryModule final : public sc_core::sc_module, public ForwardTarget {
 public:
  tlm::tlm_target_socket<> bus{"bus"};

  MemoryModule(const sc_core::sc_module_name& name, const DramConfig& dram, Storage& storage,
               Clock clock);

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;

  /// Called after each write, by b_transport or transport_dbg, of whomever. Not of harts, which
  /// write through host pointers and look after what follows themselves.
  using WriteWatcher = std::function<void(Address address, std::uint64_t bytes)>;
  void watch_writes(WriteWatcher watcher) { watcher_ = std::move(watcher); }

  /// Writes from outside the machine, shown to the watcher as well. False: not all of it is memory.
  [[nodiscard]] bool poke(Address address, std::span<const std::byte> bytes);

  [[nodiscard]] const DramStatistics& statistics() const { return dram_.statistics(); }

 private:
  void perform_watched(tlm::tlm_generic_payload& payload, std::byte* host);

  Dram dram_;
  Storage& storage_;
  Clock clock_;
  WriteWatcher watcher_;
};

}  // namespace kilburn::memory
