#include "platform/engine/configuration_path.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "common/error.h"
#include "platform/node/node_statistics.h"

namespace kilburn::platform {

ConfigurationPath::ConfigurationPath(const PlatformConfig& config, const CommonPath& common)
    : config_(config),
      common_(common),
      storage_(common.setup().storage()),
      bus_(common.setup().bus(), storage_),
      l2_(config.cache.l2, bus_, storage_),
      rmu_(common.setup().rmu(), bus_),
      service_(service_of(config, config.os.paging_mode()), l2_,
               config.rmu.enabled ? &rmu_ : nullptr),
      mmu_(config.mmu.first_level, service_, "hart 0 TLBs", config.mmu.service.invalidation_cycles),
      services_(common.setup().services(), config_, storage_, rmu_, invalidator_),
      now_(common.setup().cycles()),
      start_(now_) {
  invalidation_bus_.add(mmu_);
  invalidation_bus_.add(service_);
  for (const Invalidation& told : common.setup().invalidations())
    (void)invalidator_.invalidate(told, now_);
  memories_.reserve(common.processes().size());
  for (const auto& process : common.processes()) {
    memories_.emplace_back(process->memory(), services_);
  }
}

void ConfigurationPath::run(const StepBatch& batch) {
  const Cycles cycles_per_instruction = config_.hart.cycles_per_instruction;
  const Cycles fetch_look_up = look_up_stall(config_, Access::fetch);
  const Cycles data_look_up = look_up_stall(config_, Access::load);
  for (const Step& step : batch.steps) {
    const Cycles look_ups = step.fetches * fetch_look_up + step.data_accesses * data_look_up;
    stall_.l1_tlb += look_ups;
    now_ += step.fetches * cycles_per_instruction + look_ups;
    switch (step.kind) {
      case StepKind::translate:
        translate(step);
        break;
      case StepKind::translate_pair:
        translate_pair(step);
        break;
      case StepKind::line:
        look_up_line(step);
        break;
      case StepKind::writeback:
        access_l2(step.value, Traffic::writeback, step.access);
        if ((step.flags & step::last) != 0) end_access(step.access);
        break;
      case StepKind::event:
        serve(stall_.invalidation,
              [&] { memories_[process_].play(services_, batch.events[step.value]); });
        break;
      case StepKind::due_changes:
        serve(stall_.invalidation, [&] {
          const auto due = [&](std::uint8_t flag) { return (step.flags & flag) != 0; };
          memories_[process_].make_due_changes(
              services_,
              {.process = {.unmap = due(step::unmap), .remap = due(step::remap)},
               .host = {.unmap = due(step::host_unmap), .remap = due(step::host_remap)}});
        });
        break;
      case StepKind::turn: {
        const trace_os::Turn& turn = batch.turns[step.value];
        process_ = turn.process;
        stall_.context_switch += turn.latency;
        now_ += turn.latency;
        break;
      }
      case StepKind::advance:
        break;
    }
  }
}

void ConfigurationPath::translate(const Step& step) {
  std::optional<mmu::Translated> page;
  do page = try_translate(step.value, step.access);
  while (!page);
  if (step.repeats == 0) return;
  std::uint64_t like_it = step.repeats;
  if (!page->hit || page->side) {
    // After a miss the first repeat is looked up, the others are like it.
    page = try_translate(step.value, step.access);
    if (!page || !page->hit) {
      throw std::logic_error("a page just translated is not in the first-level TLB");
    }
    --like_it;
  }
  mmu_.count_repeats(step.access, like_it, page->side);
}

/// An access is repeated from its first page where the second one faults.
void ConfigurationPath::translate_pair(const Step& step) {
  const Address second = (step.value | (page_bytes - 1)) + 1;
  while (!try_translate(step.value, step.access) || !try_translate(second, step.access)) {
  }
}

/// One translation; nothing where it faulted, and the operating system has seen to it.
std::optional<mmu::Translated> ConfigurationPath::try_translate(Address va, Access access) {
  const mmu::Translated page =
      mmu_.translate({va, access, {}, memories_[process_].regime()}, [&] { return now_; });
  if (!page.hit) {
    stall_.l2_tlb += page.cost.l2_tlb;
    stall_.walk += page.cost.walk;
    stall_.ownership += page.cost.ownership;
    now_ += page.cost.total();
  }
  if (page.fault == Fault::none) return page;
  serve_fault(page.fault, page.hit ? va : page.fault_address, access);
  return std::nullopt;
}

void ConfigurationPath::serve_fault(Fault fault, Address va, Access access) {
  const auto where = [&] {
    return fmt::format("{}: {} at {:#x}", common_.processes()[process_]->description().file,
                       to_string(access), va);
  };
  if (fault == Fault::access_fault) {
    throw InputError(fmt::format("{}: {}", where(), to_string(fault)));
  }
  trace_os::Touch touch;
  serve(stall_.page_fault, [&] {
    ProcessMemory& memory = memories_[process_];
    touch = fault == Fault::page_fault ? memory.serve_fault(services_, va, access)
                                       : memory.serve_guest_fault(services_, va, access);
  });
  if (touch.outcome != trace_os::Outcome::mapped && touch.outcome != trace_os::Outcome::marked) {
    throw InputError(fmt::format("{}: page fault on a mapped page: not permitted", where()));
  }
}

void ConfigurationPath::look_up_line(const Step& step) {
  memory_cycles_ += hit_cycles(step.access);
  const auto traffic = static_cast<Traffic>(step.access);
  if ((step.flags & step::fill) != 0) {
    const auto cycles = l2_.access(step.value, line_bytes(step.access),
                                   cache::refill_traffic(traffic), now_ + memory_cycles_);
    memory_cycles_ += cycles.value();
  }
  if ((step.flags & step::write_below) != 0) access_l2(step.value, traffic, step.access);
  if ((step.flags & step::last) != 0) end_access(step.access);
}

/// Posted: the level below takes its time without the hart waiting for it.
void ConfigurationPath::access_l2(Address address, Traffic traffic, Access access) {
  (void)l2_.access(address, line_bytes(access), traffic, now_ + memory_cycles_);
}

/// The hart waits for what an access took beyond a pipelined hit, a store buffer hides stores.
void ConfigurationPath::end_access(Access access) {
  const Cycles hidden = hit_cycles(access);
  const bool waits = access != Access::store || config_.hart.stores_stall;
  const Cycles waiting = waits && memory_cycles_ > hidden ? memory_cycles_ - hidden : 0;
  stall_.of(access) += waiting;
  now_ += waiting;
  memory_cycles_ = 0;
}

/// Has the operating system do `work`, and charges its cycles.
template <class Work>
void ConfigurationPath::serve(std::uint64_t& cause, Work work) {
  services_.begin(now_);
  work();
  cause += services_.now() - now_;
  now_ = services_.now();
}

void ConfigurationPath::visit(StatisticVisitor& v) const {
  PlayerStatistics player = common_.counts();
  player.cycles = now_ - start_;
  player.stall = stall_;
  v.block("platform", player);
  NodeStatistics{.mode = config_.os.paging_mode(),
                 .first_level = &mmu_,
                 .l1i = &common_.l1i(),
                 .l1d = &common_.l1d(),
                 .service = service_,
                 .rmu = rmu_.statistics(),
                 .l2 = l2_.statistics(),
                 .interconnect = bus_.interconnect_statistics(),
                 .memory = bus_.dram_statistics()}
      .visit(v);
  v.enter("os");
  for (const ProcessMemory& memory : memories_) {
    show(v, memory);
  }
  v.leave();
}

}  // namespace kilburn::platform
