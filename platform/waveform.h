// A waveform of a run: the hart's accesses, the ports of its TLBs (model and RTL side by side), and
// any block's counters, in one file and one time base.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <systemc>
#include <tlm>

#include "common/clock.h"
#include "common/forward_target.h"
#include "common/statistic_writers.h"
#include "common/vcd_writer.h"
#include "mmu/mmu.h"

namespace kilburn::platform {

class TlbSignals;

struct WaveformOptions {
  std::filesystem::path file;  ///< empty: none
  /// "hart", "mmu.itlb", "mmu.dtlb": their ports; any other block's path, or a TLB that is neither
  /// burst nor conventional: its counters.
  std::vector<std::string> scopes{"hart", "mmu.dtlb"};
  Cycles from = 0;
  Cycles until = UINT64_MAX;
  bool on_mismatch = false;  ///< only the last accesses before RTL and model differ
};

/// Sits between the hart and its MMU where a waveform is wanted, and nowhere else: a run without
/// one pays nothing. Modelled: nothing; time and payloads pass through. Time in the file: the cycle
/// at which an access arrives, as a loosely timed platform has it; a port's later cycles follow one
/// by one, though the hart may be charged less.
class Waveform final : public sc_core::sc_module, public ForwardTarget, public BackwardInitiator {
 public:
  tlm::tlm_target_socket<> hart{"hart"};
  tlm::tlm_initiator_socket<> mmu{"mmu"};

  /// Throws InputError where the file cannot be written.
  Waveform(const sc_core::sc_module_name& name, const WaveformOptions& options, Clock clock);
  ~Waveform() override;

  /// Wraps mmu::TlbFactory: TLBs that are shown are operated through their ports.
  [[nodiscard]] std::unique_ptr<burst_tlb::Tlb> make_tlb(const mmu::FirstLevelConfig& config,
                                                         std::string_view path);
  /// What the counters of blocks are read from; before the simulation begins. Throws InputError
  /// where a scope is no block, naming those that there are.
  void show_counters(VisitStatistics statistics);
  /// The waveform, where only a difference makes one, and its save file. Throws InputError where
  /// not all could be written.
  void mismatch();
  void finish();

  void b_transport(tlm::tlm_generic_payload& payload, sc_core::sc_time& delay) override;

 private:
  using Signal = VcdWriter::Signal;
  struct HartSignals {
    Signal access_valid, kind, va, pa, asid, first_level_hit, fault, translation_cycles;
  };
  struct CounterSignal {
    Signal signal;
    std::size_t statistic;  ///< place in statistics_list
  };
  [[nodiscard]] bool shows(std::string_view scope) const;

  WaveformOptions options_;
  Clock clock_;
  VcdWriter vcd_;
  std::optional<HartSignals> hart_signals_;
  std::vector<std::unique_ptr<TlbSignals>> tlbs_;
  VisitStatistics statistics_;
  std::vector<CounterSignal> counters_;
};

}  // namespace kilburn::platform
