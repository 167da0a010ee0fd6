// The platform that traces run on, assembled from one configuration.
//
//   TracePlayer -> MmuModule -> L1I, L1D -> memory system
//                     |                       ^
//                     +-- misses -------------+
#pragma once

#include <memory>
#include <vector>

#include <systemc>

#include "cache/cache_module.h"
#include "mmu/mmu_module.h"
#include "platform/node/node.h"
#include "platform/node/platform_config.h"
#include "platform/replay/hart_tap.h"
#include "platform/replay/trace_player.h"
#include "platform/waveform/waveform.h"

namespace kilburn::platform {

/// One of these, or several side by side, make a simulation; run it with `simulate`.
class TracePlatform final : public sc_core::sc_module {
 public:
  /// Each trace becomes a process; all are opened here. Throws InputError as open_trace does.
  TracePlatform(const sc_core::sc_module_name& name, const PlatformConfig& config,
                const std::vector<std::filesystem::path>& traces, PlayOptions options,
                const WaveformOptions& waveform = {});

  void visit(StatisticVisitor& v) const;
  [[nodiscard]] const PlatformConfig& config() const { return config_; }
  [[nodiscard]] const TracePlayer& player() const { return player_; }
  [[nodiscard]] const mmu::Mmu& mmu() const { return mmu_; }
  [[nodiscard]] const mmu::TranslationService& service() const { return node_.service(); }
  /// Null where none was asked for.
  [[nodiscard]] Waveform* waveform() const { return waveform_.get(); }
  [[nodiscard]] mmu::MmuModule& mmu_module() { return mmu_module_; }
  [[nodiscard]] const memory::Storage& storage() const { return node_.storage(); }

 private:
  void visit_os(StatisticVisitor& v) const;

  PlatformConfig config_;
  Clock clock_;
  Node node_;
  cache::CacheModule l1i_;
  cache::CacheModule l1d_;
  std::unique_ptr<Waveform> waveform_;
  std::unique_ptr<HartTap> tap_;  ///< where there is a waveform
  mmu::Mmu mmu_;
  mmu::MmuModule mmu_module_;
  OsServices os_services_;
  TracePlayer player_;
};

/// Runs the SystemC kernel until every platform's traces have ended, then throws the first error
/// that a player met.
void simulate(const std::vector<const TracePlatform*>& platforms);

}  // namespace kilburn::platform
