// Main memory on the bus: Storage's bytes with Dram's timing.
#pragma once

#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "common/forward_target.h"
#include "memory/dram.h"
#include "memory/storage.h"

namespace kilburn::memory {

/// Modelled: reads, writes and timing-only accesses of up to 64 bytes within one line, byte
/// enables, atomic compare-and-exchange (AtomicExtension), debug transport, DMI for functional
/// data. Time: the annotated delay grows by Dram's latency. DMI carries no latency of its own:
/// whoever uses it accounts for time by a timing-only access.
class MemoryModule final : public sc_core::sc_module, public ForwardTarget {
 public:
  tlm::tlm_target_socket<> bus{"bus"};

  MemoryModule(const sc_core::sc_module_name& name, const DramConfig& dram, Storage& storage,
               Clock clock);

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override;
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) override;

  [[nodiscard]] const DramStatistics& statistics() const { return dram_.statistics(); }

 private:
  Dram dram_;
  Storage& storage_;
  Clock clock_;
};

}  // namespace kilburn::memory
