#include "platform/platform.h"

#include <fmt/format.h>

#include <exception>

#include "platform/first_level_tlb.h"
#include "platform/layout.h"
#include "platform/sanitizer_stack.h"

namespace kilburn::platform {

namespace {

enum Initiator : std::uint32_t { cache_initiator, rmu_initiator, initiator_count };
enum L2Client : std::uint32_t { l1i_client, l1d_client, walker_client, l2_clients };

sc_core::sc_time period_of(const ClockConfig& clock) {
  return {1e6 / clock.frequency_mhz, sc_core::SC_PS};
}

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

Platform::Platform(const sc_core::sc_module_name& name, const PlatformConfig& config,
                   const std::vector<std::filesystem::path>& traces, PlayOptions options,
                   const WaveformOptions& waveform)
    : sc_module(name),
      config_(config),
      clock_(period_of(config.clock)),
      storage_(storage_of(config)),
      memory_("memory", config.memory.dram, storage_, clock_),
      interconnect_("interconnect", config.interconnect, map_of(config), initiator_count,
                    target_count, clock_),
      retirer_(retirement_bus_, clock_, config.rmu.ack_timeout),
      rmu_("rmu", rmu_of(config), clock_, retirement_bus_),
      l2_("l2", config.cache.l2, l2_clients,
          {config.memory.storage.base, config.memory.storage.bytes}, clock_),
      l1i_("l1i", config.cache.l1i, 1, {config.memory.storage.base, config.memory.storage.bytes},
           clock_),
      l1d_("l1d", config.cache.l1d, 1, {config.memory.storage.base, config.memory.storage.bytes},
           clock_),
      service_("service", config.mmu.service, config.rmu.enabled ? &rmu_.rmu() : nullptr, clock_),
      waveform_(waveform.file.empty() ? nullptr
                                      : std::make_unique<Waveform>("waveform", waveform, clock_)),
      mmu_(config.mmu.first_level, service_.service(), "hart 0 TLBs",
           config.mmu.service.retire_cycles,
           [&](const mmu::FirstLevelConfig& tlb, std::string_view path) {
             return waveform_ ? waveform_->make_tlb(tlb, path) : make_first_level_tlb(tlb, path);
           }),
      mmu_module_("mmu", mmu_, clock_),
      os_services_(config_, storage_, rmu_.rmu(), retirer_),
      player_("player", config_, os_services_, processes_of(traces, config_), std::move(options),
              clock_) {
  if (waveform_) {
    player_.mmu.bind(waveform_->hart);
    waveform_->mmu.bind(mmu_module_.client);
    waveform_->show_counters(statistics_of(*this));
  } else {
    player_.mmu.bind(mmu_module_.client);
  }
  mmu_module_.fetch.bind(l1i_.above[0]);
  mmu_module_.data.bind(l1d_.above[0]);
  l1i_.below.bind(l2_.above[l1i_client]);
  l1d_.below.bind(l2_.above[l1d_client]);
  service_.tables.socket.bind(l2_.above[walker_client]);
  l2_.below.bind(interconnect_.initiators[cache_initiator]);
  rmu_.table.socket.bind(interconnect_.initiators[rmu_initiator]);
  interconnect_.targets[memory_target].bind(memory_.bus);
  interconnect_.targets[rmu_target].bind(rmu_.registers);
  retirement_bus_.add(mmu_);
  retirement_bus_.add(service_.service());
}

void Platform::visit(StatisticVisitor& v) const {
  v.block("platform", player_);
  v.enter("mmu");
  mmu_.visit(v);
  service_.service().visit(v);
  v.leave();
  v.block("rmu", rmu_.rmu().statistics());
  v.enter("cache");
  v.block("l1i", l1i_.statistics());
  v.block("l1d", l1d_.statistics());
  v.block("l2", l2_.statistics());
  v.leave();
  v.block("interconnect", interconnect_.statistics());
  v.block("memory", memory_.statistics());
  v.enter("os");
  visit_os(v);
  v.leave();
}

void Platform::visit_os(StatisticVisitor& v) const {
  for (const auto& process : player_.processes()) {
    for (const auto& [asid, space] : process->memory().spaces()) {
      v.block(fmt::format("asid_{}", space->context().asid), space->statistics());
    }
  }
}

void simulate(const std::vector<const Platform*>& platforms) {
  sc_core::sc_start();
  restore_sanitizer_stack();
  for (const Platform* platform : platforms) {
    if (const std::exception_ptr error = platform->player().error()) std::rethrow_exception(error);
  }
}

}  // namespace kilburn::platform
