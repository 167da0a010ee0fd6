// A cache level on the bus: several clients above, one level below.
#pragma once

#include <memory>
#include <vector>

#include <systemc>
#include <tlm>

#include "cache/cache.h"
#include "common/clock.h"
#include "common/forward_target.h"
#include "common/traffic_extension.h"

namespace kilburn::cache {

/// What lies outside [base, base + bytes) is not cached: it passes to the level below as it is.
struct Cacheable {
  Address base = 0;
  std::uint64_t bytes = 0;
  [[nodiscard]] bool contains(Address address) const { return address - base < bytes; }
};

/// Modelled: an access that straddles two lines looks both up; a miss fetches its line from below
/// before it answers; a dirty victim is written below off the critical path. Data are not kept
/// here: a read is performed through DRAM's DMI pointer and a write by its debug transport, so
/// bytes are always those of memory and only time depends on tags. Time: `hit_cycles` for each line
/// looked up, plus what the level below takes on a miss.
class CacheModule final : public sc_core::sc_module,
                          public ForwardTarget,
                          public BackwardInitiator {
 public:
  sc_core::sc_vector<tlm::tlm_target_socket<>> above;
  tlm::tlm_initiator_socket<> below{"below"};

  CacheModule(const sc_core::sc_module_name& name, const CacheConfig& config, unsigned clients,
              Cacheable cacheable, Clock clock);

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;
  bool get_direct_mem_ptr(tlm::tlm_generic_payload& payload, tlm::tlm_dmi& dmi) override {
    return below->get_direct_mem_ptr(payload, dmi);
  }
  unsigned transport_dbg(tlm::tlm_generic_payload& payload) override {
    return below->transport_dbg(payload);
  }

  /// One line's look-up, and what follows a miss: what a client's transaction does for each line
  /// that it touches, and what a hart does, whose own this cache is. False where the level below
  /// answered an error. `address` is cacheable.
  bool look_up(Address address, Traffic traffic, sc_core::sc_time& delay);
  /// For that hart, which answers hits without a transaction.
  [[nodiscard]] Cache& tags() { return cache_; }

  [[nodiscard]] const CacheStatistics& statistics() const { return cache_.statistics(); }

 private:
  bool pass_below(Address address, Traffic traffic, sc_core::sc_time& delay);
  void move_bytes(tlm::tlm_generic_payload& payload);

  Cache cache_;
  Cacheable cacheable_;
  Address line_mask_;
  std::uint32_t line_bytes_;
  sc_core::sc_time hit_time_;
  /// Payloads of requests below, timing only. A request keeps its own until its call returns, for
  /// the level below may let other processes come in meanwhile.
  struct LineRequest {
    tlm::tlm_generic_payload payload;
    TrafficExtension traffic;
    std::vector<unsigned char> data;
    explicit LineRequest(std::uint32_t bytes) : data(bytes) { payload.set_extension(&traffic); }
    ~LineRequest() { payload.clear_extension(&traffic); }
    LineRequest(const LineRequest&) = delete;
    LineRequest& operator=(const LineRequest&) = delete;
  };
  std::vector<std::unique_ptr<LineRequest>> idle_requests_;
  tlm::tlm_dmi dmi_;
  bool have_dmi_ = false;
};

}  // namespace kilburn::cache
