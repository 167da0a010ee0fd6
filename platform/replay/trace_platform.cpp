#include "platform/replay/trace_platform.h"

#include <exception>

#include "platform/node/first_level_tlb.h"
#include "platform/process/sanitizer_stack.h"
#include "platform/replay/trace_limits.h"

namespace kilburn::platform {

namespace {

enum L2Client : std::uint32_t { l1i_client, l1d_client, l2_clients };

std::vector<std::unique_ptr<TraceProcess>> processes_of(
    const std::vector<std::filesystem::path>& traces, const PlatformConfig& config) {
  std::vector<std::unique_ptr<TraceProcess>> processes;
  for (const std::filesystem::path& trace : traces) {
    const auto number = static_cast<std::uint32_t>(processes.size());
    processes.push_back(std::make_unique<TraceProcess>(number, trace, config));
  }
  return processes;
}

}  // namespace

TracePlatform::TracePlatform(const sc_core::sc_module_name& name, const PlatformConfig& config,
                             const std::vector<std::filesystem::path>& traces, PlayOptions options,
                             const WaveformOptions& waveform)
    : sc_module(name),
      config_(playable(config, traces.size())),
      clock_(period_of(config.clock)),
      node_(config, {.l2_clients = l2_clients, .mode = config.os.paging_mode()}, clock_),
      l1i_("l1i", config.cache.l1i, 1, {config.memory.storage.base, config.memory.storage.bytes},
           clock_),
      l1d_("l1d", config.cache.l1d, 1, {config.memory.storage.base, config.memory.storage.bytes},
           clock_),
      waveform_(waveform.file.empty() ? nullptr : std::make_unique<Waveform>(waveform, clock_)),
      tap_(waveform_ ? std::make_unique<HartTap>("waveform", *waveform_, clock_) : nullptr),
      mmu_(config.mmu.first_level, node_.service(), "hart 0 TLBs",
           config.mmu.service.invalidation_cycles,
           [&](const mmu::FirstLevelConfig& tlb, std::string_view path) {
             return waveform_ ? waveform_->make_tlb(tlb, path) : make_first_level_tlb(tlb, path);
           }),
      mmu_module_("mmu", mmu_, clock_),
      os_services_(config_, node_.storage(), node_.rmu(), node_.invalidator()),
      player_("player", config_, os_services_, processes_of(traces, config_), std::move(options),
              clock_) {
  if (waveform_) {
    player_.mmu.bind(tap_->hart);
    tap_->mmu.bind(mmu_module_.client);
    waveform_->show_counters(statistics_of(*this));
  } else {
    player_.mmu.bind(mmu_module_.client);
  }
  mmu_module_.fetch.bind(l1i_.above[0]);
  mmu_module_.data.bind(l1d_.above[0]);
  l1i_.below.bind(node_.l2_client(l1i_client));
  l1d_.below.bind(node_.l2_client(l1d_client));
  node_.invalidation_bus().add(mmu_);
}

void TracePlatform::visit(StatisticVisitor& v) const {
  v.block("platform", player_);
  NodeStatistics shown = node_.statistics(config_.os.paging_mode());
  shown.first_level = &mmu_;
  shown.l1i = &l1i_.statistics();
  shown.l1d = &l1d_.statistics();
  shown.visit(v);
  node_.visit_dma(v);
  v.enter("os");
  visit_os(v);
  v.leave();
}

void TracePlatform::visit_os(StatisticVisitor& v) const {
  for (const auto& process : player_.processes()) {
    show(v, process->memory());
  }
}

void simulate(const std::vector<const TracePlatform*>& platforms) {
  sc_core::sc_start();
  restore_sanitizer_stack();
  for (const TracePlatform* platform : platforms) {
    if (const std::exception_ptr error = platform->player().error()) std::rethrow_exception(error);
  }
}

}  // namespace kilburn::platform
