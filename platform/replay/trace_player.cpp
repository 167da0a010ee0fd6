#include "platform/replay/trace_player.h"

#include <fmt/format.h>

#include "common/error.h"

namespace kilburn::platform {

TracePlayer::TracePlayer(const sc_core::sc_module_name& name, const PlatformConfig& config,
                         OsServices& services, std::vector<std::unique_ptr<TraceProcess>> processes,
                         PlayOptions options, Clock clock)
    : sc_module(name),
      config_(config),
      services_(services),
      processes_(std::move(processes)),
      options_(std::move(options)),
      clock_(clock),
      scheduler_(config.os.policy, static_cast<std::uint32_t>(processes_.size())),
      instruction_time_(clock.cycles(config.hart.cycles_per_instruction)),
      quantum_(clock.cycles(config.clock.quantum_cycles)),
      hidden_ticks_{clock.cycles(config.cache.l1i.hit_cycles).value(),
                    clock.cycles(config.cache.l1d.hit_cycles).value(),
                    clock.cycles(config.cache.l1d.hit_cycles).value()},
      look_up_stall_{clock.cycles(look_up_stall(config, Access::fetch)),
                     clock.cycles(look_up_stall(config, Access::load))} {
  mmu.bind(*this);
  payload_.set_extension(&translation_);
  payload_.set_extension(&traffic_);
  sc_core::sc_spawn([this] { run(); }, "run");
}

void TracePlayer::run() {
  try {
    play();
  } catch (...) {
    error_ = std::current_exception();
  }
  // The kernel's time catches up, so that whoever reads it sees the end of the run.
  wait(local_);
  local_ = sc_core::SC_ZERO_TIME;
  end_ = sc_core::sc_time_stamp();
}

void TracePlayer::play() {
  std::uint64_t setting_up = 0;  // before the run begins: charged to nothing
  serve(setting_up, [&] {
    for (auto& process : processes_) {
      process->start(services_);
      if (config_.os.premap) process->premap(services_, options_.limit, options_.interrupt);
    }
  });
  synchronise();
  start_ = sc_core::sc_time_stamp();
  while (const auto turn = scheduler_.next()) {
    spend(turn->latency, counted_.stall.context_switch);
    play_turn(*turn);
    if (accesses() >= options_.limit || interrupted_) break;
  }
  if (options_.progress) options_.progress(accesses());
}

/// Plays up to `turn.accesses` accesses of one process, in slices between which time, progress and
/// the user's interrupt are looked at.
void TracePlayer::play_turn(const trace_os::Turn& turn) {
  constexpr std::uint64_t slice = 4096;
  TraceProcess& process = *processes_[turn.process];
  std::uint64_t left = std::min(turn.accesses, options_.limit - accesses());
  while (left > 0) {
    const std::uint64_t goal = accesses() + std::min(slice, left);
    const std::uint64_t before = accesses();
    while (accesses() < goal) {
      const trace::Record* record = process.next();
      if (record == nullptr) {
        scheduler_.finish(turn.process);
        return;
      }
      play_record(process, *record);
      if (local_ >= quantum_) synchronise();
    }
    left -= accesses() - before;
    if (options_.progress) options_.progress(accesses());
    if (options_.interrupt != nullptr && options_.interrupt->load(std::memory_order_relaxed)) {
      interrupted_ = true;
      return;
    }
  }
}

void TracePlayer::play_record(TraceProcess& process, const trace::Record& record) {
  switch (record.kind) {
    case trace::Kind::fetch:
      ++counted_.fetches;
      local_ += instruction_time_;
      break;
    case trace::Kind::load:
      ++counted_.loads;
      break;
    case trace::Kind::store:
      ++counted_.stores;
      break;
    case trace::Kind::event:
      play_event(process, process.event(record));
      return;
  }
  const sc_core::sc_time& look_up = look_up_stall_[record.kind == trace::Kind::fetch ? 0 : 1];
  local_ += look_up;
  counted_.stall.l1_tlb += look_up.value();
  access(process, record);
  const DueChanges due = process.tick();
  if (due.any()) make_due_changes(process, due);
}

void TracePlayer::access(TraceProcess& process, const trace::Record& record) {
  translation_.access = static_cast<Access>(record.kind);
  translation_.regime = &process.memory().regime();
  traffic_.traffic = static_cast<Traffic>(record.kind);
  if ((record.address & (page_bytes - 1)) + record.size > page_bytes) ++counted_.page_crossings;
  for (;;) {
    payload_.set_command(tlm::TLM_IGNORE_COMMAND);
    payload_.set_address(record.address);
    payload_.set_data_ptr(data_);
    payload_.set_data_length(record.size);
    payload_.set_streaming_width(record.size);
    payload_.set_byte_enable_ptr(nullptr);
    payload_.set_byte_enable_length(0);
    payload_.set_dmi_allowed(false);
    payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    sc_core::sc_time arrival = local_;
    mmu->b_transport(payload_, arrival);
    const auto elapsed = (arrival - local_).value();
    if (payload_.is_response_ok()) {
      if (elapsed > hidden_ticks_[static_cast<unsigned>(record.kind)]) {
        stall(elapsed, translation_.access);
      }
      return;
    }
    stall(elapsed, translation_.access);
    serve_fault(process, record);
  }
}

/// Charges what an access took beyond the pipelined first-level hit to its causes.
void TracePlayer::stall(sc_core::sc_time::value_type elapsed, Access access) {
  sc_core::sc_time::value_type translating = 0;
  if (!translation_.reply.first_level_hit) {
    const mmu::Cost& cost = translation_.reply.cost;
    counted_.stall.l2_tlb += clock_.cycles(cost.l2_tlb).value();
    counted_.stall.walk += clock_.cycles(cost.walk).value();
    counted_.stall.ownership += clock_.cycles(cost.ownership).value();
    translating = clock_.cycles(cost.total()).value();
  }
  const auto memory = elapsed - translating;
  const auto hidden = hidden_ticks_[static_cast<unsigned>(access)];
  auto waiting = memory > hidden ? memory - hidden : 0;
  if (access == Access::store && !config_.hart.stores_stall) waiting = 0;
  counted_.stall.of(access) += waiting;
  local_ += sc_core::sc_time::from_value(translating + waiting);
}

void TracePlayer::serve_fault(TraceProcess& process, const trace::Record& record) {
  const mmu::TranslationExtension::Reply& reply = translation_.reply;
  const auto where = [&] {
    return fmt::format("{}: record {} ({} of {} bytes at {:#x})", process.description().file,
                       process.position() - 1, to_string(static_cast<Access>(record.kind)),
                       record.size, record.address);
  };
  if (reply.fault == Fault::access_fault) {
    throw InputError(
        fmt::format("{}: {} at {:#x}", where(), to_string(reply.fault), reply.fault_address));
  }
  trace_os::Touch touch;
  serve(counted_.stall.page_fault, [&] {
    const auto access = static_cast<Access>(record.kind);
    ProcessMemory& memory = process.memory();
    touch = reply.fault == Fault::page_fault
                ? memory.serve_fault(services_, reply.fault_address, access)
                : memory.serve_guest_fault(services_, reply.fault_address, access);
  });
  switch (touch.outcome) {
    case trace_os::Outcome::mapped:
    case trace_os::Outcome::marked:
      return;
    case trace_os::Outcome::present:
      throw InputError(fmt::format("{}: page fault on a mapped page: not permitted", where()));
    case trace_os::Outcome::kernel_half:
    case trace_os::Outcome::non_canonical:
      process.throw_unmappable(reply.fault_address, touch.outcome);
  }
}

void TracePlayer::play_event(TraceProcess& process, const trace::Event& event) {
  ++counted_.events;
  serve(counted_.stall.invalidation, [&] { process.memory().play(services_, event); });
}

/// The synthetic events of os.remap_interval and the like.
void TracePlayer::make_due_changes(TraceProcess& process, DueChanges due) {
  serve(counted_.stall.invalidation, [&] { process.memory().make_due_changes(services_, due); });
}

/// Has the operating system do `work`, which may wait in simulated time, and charges its cycles.
template <class Work>
void TracePlayer::serve(std::uint64_t& cause, Work work) {
  synchronise();
  const Cycles start = clock_.now(local_);
  services_.begin(start);
  work();
  const sc_core::sc_time end = clock_.cycles(services_.now());
  cause += clock_.cycles(services_.now() - start).value();
  if (end > sc_core::sc_time_stamp()) local_ = end - sc_core::sc_time_stamp();
}

void TracePlayer::spend(Cycles cycles, std::uint64_t& cause) {
  const sc_core::sc_time time = clock_.cycles(cycles);
  cause += time.value();
  local_ += time;
}

void TracePlayer::synchronise() {
  if (local_ != sc_core::SC_ZERO_TIME) wait(local_);
  local_ = sc_core::SC_ZERO_TIME;
}

PlayerStatistics TracePlayer::statistics() const {
  const auto cycles = [&](std::uint64_t ticks) {
    return clock_.count(sc_core::sc_time::from_value(ticks));
  };
  const Stalls& ticks = counted_.stall;
  PlayerStatistics result = counted_;
  result.cycles = cycles((end_ - start_).value());
  result.stall = {.l1_tlb = cycles(ticks.l1_tlb),
                  .l2_tlb = cycles(ticks.l2_tlb),
                  .walk = cycles(ticks.walk),
                  .ownership = cycles(ticks.ownership),
                  .fetch = cycles(ticks.fetch),
                  .load = cycles(ticks.load),
                  .store = cycles(ticks.store),
                  .page_fault = cycles(ticks.page_fault),
                  .invalidation = cycles(ticks.invalidation),
                  .context_switch = cycles(ticks.context_switch)};
  return result;
}

}  // namespace kilburn::platform
