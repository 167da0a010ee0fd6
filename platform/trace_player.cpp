#include "platform/trace_player.h"

#include <fmt/format.h>

#include <variant>

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
                    clock.cycles(config.cache.l1d.hit_cycles).value()} {
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
  access(process, record);
  const trace_os::DueEvents due = process.events().tick();
  if (due.remap || due.unmap) disturb(process, due);
}

void TracePlayer::access(TraceProcess& process, const trace::Record& record) {
  translation_.access = static_cast<Access>(record.kind);
  translation_.regime = &process.regime();
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
  switch (access) {
    case Access::fetch:
      counted_.stall.fetch += waiting;
      break;
    case Access::load:
      counted_.stall.load += waiting;
      break;
    case Access::store:
      counted_.stall.store += waiting;
      break;
  }
  local_ += sc_core::sc_time::from_value(translating + waiting);
}

void TracePlayer::serve_fault(TraceProcess& process, const trace::Record& record) {
  const mmu::TranslationExtension::Reply& reply = translation_.reply;
  const auto where = [&] {
    return fmt::format("{}: record {} ({} of {} bytes at {:#x})", process.description().file,
                       process.position() - 1, to_string(static_cast<Access>(record.kind)),
                       record.size, record.address);
  };
  if (reply.fault != Fault::page_fault) {
    throw InputError(
        fmt::format("{}: {} at {:#x}", where(), to_string(reply.fault), reply.fault_address));
  }
  trace_os::Touch touch;
  serve(counted_.stall.page_fault, [&] {
    touch = process.space().touch(reply.fault_address, static_cast<Access>(record.kind));
    services_.advance(touch.latency);
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

namespace {

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

void TracePlayer::play_event(TraceProcess& process, const trace::Event& event) {
  ++counted_.events;
  const auto unmap = [&](Address va, std::uint64_t pages) {
    apply(process, process.space().unmap(va >> page_shift, pages));
  };
  const Overloaded play{
      [&](const trace::ContextSwitch& e) { process.switch_space(services_, e.context.asid); },
      // Frames come with the first touch; what was there before is gone.
      [&](const trace::Map& e) { unmap(e.va, e.pages); },
      [&](const trace::Unmap& e) { unmap(e.va, e.pages); },
      [&](const trace::Invalidate& e) {
        Retirement retirement = e.retirement;
        retirement.context = process.space().context();
        services_.retire(retirement);
      },
      [&](const trace::OwnershipChange& e) {
        services_.change_owner(process.space(), e.va >> page_shift, e.pages, e.realm);
      }};
  serve(counted_.stall.maintenance, [&] { std::visit(play, event); });
}

/// The synthetic events of os.remap_interval and os.unmap_interval.
void TracePlayer::disturb(TraceProcess& process, trace_os::DueEvents due) {
  serve(counted_.stall.maintenance, [&] {
    trace_os::AddressSpace& space = process.space();
    if (due.remap) {
      if (const auto page = space.pick_page()) apply(process, space.remap(*page));
    }
    if (due.unmap) {
      if (const auto page = space.pick_page()) apply(process, space.unmap(*page, 1));
    }
  });
}

/// A change of the page tables takes effect when every holder of translations has acknowledged it.
void TracePlayer::apply(TraceProcess& process, const trace_os::Change& change) {
  if (!change.needed()) return;
  services_.retire(change.retirement);
  process.space().release_retired(change.id);
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

void TracePlayer::visit(StatisticVisitor& v) const {
  const auto cycles = [&](std::uint64_t ticks) {
    return clock_.count(sc_core::sc_time::from_value(ticks));
  };
  const Cycles total = cycles((end_ - start_).value());
  const StallTicks& stall = counted_.stall;
  v.counter("accesses", accesses(), "accesses", "fetches, loads and stores played");
  v.counter("instructions", counted_.fetches, "instructions", "instruction fetches played");
  v.counter("loads", counted_.loads, "accesses", "loads played");
  v.counter("stores", counted_.stores, "accesses", "stores played");
  v.counter("events", counted_.events, "events", "event records played");
  v.counter("page_crossings", counted_.page_crossings, "accesses",
            "accesses that lie in two pages and are translated twice");
  v.counter("cycles", total, "cycles", "from the first instruction to the end of the run");
  v.enter("stall_cycles");
  v.counter("l2_tlb", cycles(stall.l2_tlb), "cycles", "look-ups of the second-level TLB");
  v.counter("walk", cycles(stall.walk), "cycles", "page-table walks");
  v.counter("ownership", cycles(stall.ownership), "cycles", "ownership checks of walked frames");
  v.counter("fetch", cycles(stall.fetch), "cycles", "instruction cache misses");
  v.counter("load", cycles(stall.load), "cycles", "data cache misses of loads");
  v.counter("store", cycles(stall.store), "cycles", "data cache misses of stores");
  v.counter("page_fault", cycles(stall.page_fault), "cycles",
            "the operating system's page-fault handler, RMU commands included");
  v.counter("maintenance", cycles(stall.maintenance), "cycles",
            "unmapping, remapping and other events, until all holders have acknowledged");
  v.counter("context_switch", cycles(stall.context_switch), "cycles", "context switches");
  v.leave();
  v.ratio("cycles_per_instruction", total, counted_.fetches, "cycles/instruction",
          "all cycles over all instructions");
  v.ratio("translation_stall_share", cycles(stall.l2_tlb + stall.walk + stall.ownership), total,
          "cycles/cycle", "share of all cycles that waited for a translation");
}

}  // namespace kilburn::platform
