#include "platform/engine/common_path.h"

#include <algorithm>
#include <utility>

namespace kilburn::platform {

namespace {

constexpr std::size_t batch_steps = 16384;
constexpr std::uint64_t batch_accesses = 1u << 20;
constexpr Address offset_mask = page_bytes - 1;

Setup::Processes processes_of(const std::vector<std::filesystem::path>& traces,
                              const PlatformConfig& config) {
  Setup::Processes processes;
  for (const std::filesystem::path& trace : traces) {
    const auto number = static_cast<std::uint32_t>(processes.size());
    processes.push_back(std::make_unique<TraceProcess>(number, trace, config));
  }
  return processes;
}

PlatformConfig without_rmu(PlatformConfig config) {
  config.rmu.enabled = false;
  return config;
}

}  // namespace

CommonPath::CommonPath(PlatformConfig config, const std::vector<std::filesystem::path>& traces,
                       std::uint64_t limit, const std::atomic<bool>* interrupt)
    : config_(std::move(config)),
      limit_(limit),
      processes_(processes_of(traces, config_)),
      setup_(config_, processes_, limit, interrupt),
      unwatched_(without_rmu(config_)),
      storage_(setup_.storage()),
      bus_(setup_.bus(), storage_),
      rmu_(setup_.rmu(), bus_),
      services_(setup_.services(), unwatched_, storage_, rmu_, invalidator_),
      scheduler_(config_.os.policy, static_cast<std::uint32_t>(processes_.size())),
      l1i_(config_.cache.l1i),
      l1d_(config_.cache.l1d) {
  memories_.reserve(processes_.size());
  for (const auto& process : processes_) memories_.emplace_back(process->memory(), services_);
}

bool CommonPath::next(StepBatch& batch) {
  batch.clear();
  batch_ = &batch;
  end_runs();  // a step of an earlier batch can no longer be told of repeats
  const std::uint64_t before = counted_.accesses();
  while (batch.steps.size() < batch_steps && counted_.accesses() - before < batch_accesses) {
    if (counted_.accesses() >= turn_end_) {
      if (counted_.accesses() >= limit_) break;
      const auto turn = scheduler_.next();
      if (!turn) break;
      begin_turn(*turn);
      continue;
    }
    const trace::Record* record = processes_[process_]->next();
    if (record == nullptr) {
      scheduler_.finish(process_);
      turn_end_ = counted_.accesses();
      continue;
    }
    play(*record);
  }
  if (fetches_ + data_accesses_ != 0) emit(StepKind::advance, 0, Access::fetch);
  batch.accesses = counted_.accesses() - before;
  batch_ = nullptr;
  return !batch.steps.empty();
}

void CommonPath::begin_turn(const trace_os::Turn& turn) {
  process_ = turn.process;
  turn_end_ = counted_.accesses() + std::min(turn.accesses, limit_ - counted_.accesses());
  emit(StepKind::turn, batch_->turns.size(), Access::fetch);
  batch_->turns.push_back(turn);
  end_runs();
}

void CommonPath::play(const trace::Record& record) {
  TraceProcess& process = *processes_[process_];
  switch (record.kind) {
    case trace::Kind::fetch:
      ++counted_.fetches;
      ++fetches_;
      break;
    case trace::Kind::load:
      ++counted_.loads;
      ++data_accesses_;
      break;
    case trace::Kind::store:
      ++counted_.stores;
      ++data_accesses_;
      break;
    case trace::Kind::event: {
      const trace::Event& event = process.event(record);
      ++counted_.events;
      emit(StepKind::event, batch_->events.size(), Access::fetch);
      batch_->events.push_back(event);
      memories_[process_].play(services_, event);
      end_runs();
      return;
    }
  }
  access(record);
  const DueChanges due = process.tick();
  if (due.any()) {
    Step& changes = emit(StepKind::due_changes, 0, Access::fetch);
    changes.flags = static_cast<std::uint8_t>(
        (due.process.remap ? step::remap : 0) | (due.process.unmap ? step::unmap : 0) |
        (due.host.remap ? step::host_remap : 0) | (due.host.unmap ? step::host_unmap : 0));
    memories_[process_].make_due_changes(services_, due);
    end_runs();
  }
}

void CommonPath::access(const trace::Record& record) {
  const auto kind = static_cast<Access>(record.kind);
  const Address va = record.address;
  const std::uint64_t in_page = page_bytes - (va & offset_mask);
  if (record.size <= in_page) {
    translate(va, kind);
    look_up(physical(va, kind), record.size, kind, true);
    return;
  }
  ++counted_.page_crossings;
  emit(StepKind::translate_pair, va, kind);
  runs_[kind == Access::fetch ? 0 : 1] = {};
  const Address first = physical(va, kind);
  const Address second = physical(va + in_page, kind);
  look_up(first, in_page, kind, false);
  look_up(second, record.size - in_page, kind, false);
  batch_->steps.back().flags |= step::last;
}

void CommonPath::translate(Address va, Access access) {
  const PageNumber vpn = va >> page_shift;
  Run& run = runs_[access == Access::fetch ? 0 : 1];
  if (run.vpn == vpn && (run.stored || access != Access::store)) {
    ++batch_->steps[run.step].repeats;
    return;
  }
  run = {vpn, batch_->steps.size(), access == Access::store};
  emit(StepKind::translate, va, access);
}

void CommonPath::end_runs() {
  runs_ = {};
  frames_.fill({});
}

Address CommonPath::physical(Address va, Access access) {
  const PageNumber vpn = va >> page_shift;
  Frame& frame = frames_[vpn % frames_.size()];
  if (frame.vpn != vpn) frame = find_frame(va, access);
  return frame.pfn << page_shift | (va & offset_mask);
}

/// Walks in software. Where the page is not mapped, every configuration has a page fault here.
CommonPath::Frame CommonPath::find_frame(Address va, Access access) {
  ProcessMemory& memory = memories_[process_];
  auto mapped = memory.translate(va);
  while (!mapped) {
    const trace_os::Touch touch = memory.serve_any_fault(services_, va, access);
    if (touch.outcome != trace_os::Outcome::mapped) {
      processes_[process_]->throw_unmappable(va, touch.outcome);
    }
    end_runs();
    mapped = memory.translate(va);
  }
  return {va >> page_shift, mapped->pfn};
}

/// Looks up the lines of an access, or of its part in one page. Steps come of those that take
/// longer than the pipelined hit of a whole access in one line.
void CommonPath::look_up(Address pa, std::uint64_t bytes, Access access, bool whole) {
  FirstLevelCache& level = access == Access::fetch ? l1i_ : l1d_;
  const auto traffic = static_cast<Traffic>(access);
  const Address line_mask = ~(Address{level.line_bytes} - 1);
  const Address last = (pa + bytes - 1) & line_mask;
  const std::size_t before = batch_->steps.size();
  look_up_line(level, pa, traffic, whole && (pa & line_mask) == last);
  for (Address line = pa & line_mask; line != last;) {
    line += level.line_bytes;
    look_up_line(level, line, traffic, false);
  }
  if (whole && batch_->steps.size() != before) batch_->steps.back().flags |= step::last;
}

void CommonPath::look_up_line(FirstLevelCache& level, Address pa, Traffic traffic,
                              bool silent_hit) {
  const cache::Kind kind = cache::kind_of(traffic);
  const cache::Lookup found = level.cache.access(pa, kind);
  if (found.hit && !found.write_below && silent_hit) return;
  const auto access = static_cast<Access>(traffic);
  Step& line = emit(StepKind::line, pa & ~(Address{level.line_bytes} - 1), access);
  line.flags = static_cast<std::uint8_t>((found.fill ? step::fill : 0) |
                                         (found.write_below ? step::write_below : 0));
  if (!found.fill) return;
  const cache::Victim victim = level.cache.fill(pa, kind);
  if (victim.valid && victim.dirty) emit(StepKind::writeback, victim.address, access);
}

Step& CommonPath::emit(StepKind kind, std::uint64_t value, Access access) {
  batch_->steps.push_back({.value = value,
                           .fetches = fetches_,
                           .kind = kind,
                           .access = access,
                           .data_accesses = data_accesses_});
  fetches_ = data_accesses_ = 0;
  return batch_->steps.back();
}

}  // namespace kilburn::platform
