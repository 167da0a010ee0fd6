// A hart that plays traces: every record becomes a transaction to the MMU, every fault a call to
// the operating system behind the trace.
#pragma once

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "common/forward_target.h"
#include "common/traffic_extension.h"
#include "mmu/translation_extension.h"
#include "platform/node/platform_config.h"
#include "platform/replay/player_statistics.h"
#include "platform/replay/trace_process.h"
#include "trace_os/scheduler.h"

namespace kilburn::platform {

/// How a run may end before its traces do, and who is told how far it has come.
struct PlayOptions {
  std::uint64_t limit = UINT64_MAX;             ///< accesses, all processes together
  std::atomic<bool>* interrupt = nullptr;       ///< set from outside: end at the next batch
  std::function<void(std::uint64_t)> progress;  ///< called now and then with the accesses so far
};

/// Modelled: an in-order hart, one access at a time. First-level cache hits are pipelined and cost
/// nothing beyond `cycles_per_instruction`; what an access takes longer stalls the hart, but for a
/// store's cache miss, which a store buffer hides unless `stores_stall`. A first-level TLB slower
/// than its cache stalls every access by the difference. Processes are interleaved
/// by trace_os::Scheduler. Not modelled: out-of-order execution, misprediction, data.
/// Time: temporally decoupled; it synchronises once a quantum.
class TracePlayer final : public sc_core::sc_module, public BackwardInitiator {
 public:
  tlm::tlm_initiator_socket<> mmu{"mmu"};

  TracePlayer(const sc_core::sc_module_name& name, const PlatformConfig& config,
              OsServices& services, std::vector<std::unique_ptr<TraceProcess>> processes,
              PlayOptions options, Clock clock);
  ~TracePlayer() override {  // or the payload would delete what is not its own
    payload_.clear_extension(&translation_);
    payload_.clear_extension(&traffic_);
  }

  /// What ended the play, if it was an error: to be thrown again once the simulation has returned.
  [[nodiscard]] std::exception_ptr error() const { return error_; }
  [[nodiscard]] bool interrupted() const { return interrupted_; }
  [[nodiscard]] std::uint64_t accesses() const { return counted_.accesses(); }
  [[nodiscard]] PlayerStatistics statistics() const;
  [[nodiscard]] const std::vector<std::unique_ptr<TraceProcess>>& processes() const {
    return processes_;
  }
  void visit(StatisticVisitor& v) const { statistics().visit(v); }

 private:
  void run();
  void play();
  void play_turn(const trace_os::Turn& turn);
  void play_record(TraceProcess& process, const trace::Record& record);
  void access(TraceProcess& process, const trace::Record& record);
  void stall(sc_core::sc_time::value_type elapsed, Access access);
  void serve_fault(TraceProcess& process, const trace::Record& record);
  void play_event(TraceProcess& process, const trace::Event& event);
  void make_due_changes(TraceProcess& process, DueChanges due);
  template <class Work>
  void serve(std::uint64_t& cause, Work work);
  void spend(Cycles cycles, std::uint64_t& cause);
  void synchronise();

  const PlatformConfig& config_;
  OsServices& services_;
  std::vector<std::unique_ptr<TraceProcess>> processes_;
  PlayOptions options_;
  Clock clock_;
  trace_os::Scheduler scheduler_;

  sc_core::sc_time local_;  ///< time ahead of the kernel's
  sc_core::sc_time instruction_time_;
  sc_core::sc_time quantum_;
  sc_core::sc_time::value_type hidden_ticks_[3];  ///< by Access: first-level hit, pipelined
  sc_core::sc_time look_up_stall_[2];             ///< of fetches, of data
  tlm::tlm_generic_payload payload_;
  mmu::TranslationExtension translation_;
  TrafficExtension traffic_;
  unsigned char data_[trace::max_access_bytes] = {};

  PlayerStatistics counted_;  ///< times in ticks of SystemC's resolution
  sc_core::sc_time start_;    ///< of the play, once the processes are set up
  sc_core::sc_time end_;
  std::exception_ptr error_;
  bool interrupted_ = false;
};

}  // namespace kilburn::platform
