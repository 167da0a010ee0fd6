#include "riscv/execute/hart.h"

#include <cassert>
#include <limits>

namespace kilburn::riscv {

Hart::Hart(const HartConfig& config, unsigned index, Connections connections,
           const MachineTime& time)
    : index_(index),
      cycles_per_instruction_(config.cycles_per_instruction),
      transformed_instructions_(config.transformed_instructions),
      fence_va_(config.fence_va),
      reset_vector_(config.reset_vector),
      time_(time),
      bus_(connections.bus),
      main_memory_(connections.memory),
      presence_(connections.memory.presence(index)),
      invalidator_(connections.invalidator),
      control_(config, index),
      memory_(config, index,
              {.mmu = connections.mmu,
               .bus = connections.bus,
               .memory = connections.memory,
               .caches = connections.caches},
              control_) {
  assert((config.timing == Timing::caches) == memory_.caches().present());
  reset();
}

void Hart::reset() {
  control_.reset();
  memory_.release_reservation();
  x_ = {};
  f_ = {};
  refresh(true);
  set_pc(reset_vector_);
}

void Hart::set_pc(Address pc) {
  failure_.reset();
  pc_ = pc;
  left_ = 0;
  waiting_ = false;
}

bool Hart::set_csr(std::uint16_t number, std::uint64_t value) {
  const bool done = control_.poke(number, value, counters(cycles_, instructions()));
  refresh(true);
  return done;
}

void Hart::attach(Debugger* debugger) {
  debugger_ = debugger;
  memory_.attach(debugger);
  fetch_.va = no_address;
}

void Hart::observe(AccessObserver* observer) {
  observer_ = observer;
  memory_.observe(observer);
  fetch_.va = no_address;
}

std::string Hart::holder_name() const {
  return "hart " + std::to_string(index_);
}

void Hart::invalidate(const Invalidation& /*invalidation*/, InvalidationTicket ticket,
                      InvalidationBus& bus) {
  memory_.drop_windows();
  fetch_.va = no_address;
  presence_.leave = true;
  bus.acknowledge(ticket);
}

Cycles Hart::next_timer() const {
  const std::uint64_t tick = control_.next_timer();
  return tick == std::numeric_limits<std::uint64_t>::max() ? tick : time_.first_cycle(tick);
}

Stalls Hart::stalls() const {
  Stalls stalls = memory_.stalls();
  stalls.invalidation = stalls_.invalidation;
  stalls.wfi = stalls_.wfi;
  stalls.exception = not_retired_ * cycles_per_instruction_;
  return stalls;
}

RunEnd Hart::run(Cycles until) {
  until_ = until;
  look_around();
  while (failure_ == std::nullopt) {
    if (left_ == 0) {
      if (cycles_ >= stop_ && !between_blocks()) break;
      presence_.leave = false;
    }
    if (debugger_ != nullptr && debugger_->stop_before(pc_)) {
      end_ = RunEnd::debugger;
      break;
    }
    if (memory_.fast()) {
      run_block();
    } else {
      step();
      if (memory_.take_debugger_stop()) {
        end_ = RunEnd::debugger;
        break;
      }
    }
  }
  end_fetch_run();
  memory_.make_owed_lookups();
  return failure_ ? RunEnd::stuck : end_;
}

/// Between blocks: interrupts, timers and the ends of a slice. False: the slice is over.
bool Hart::between_blocks() {
  control_.update_timers(time());
  if (waiting_ && control_.wakes_wfi()) waiting_ = false;
  if (memory_.take_end_of_slice()) {
    end_ = RunEnd::device;
    return false;
  }
  if (waiting_) {
    end_ = RunEnd::waiting;
    return false;
  }
  if (cycles_ >= until_) {
    end_ = RunEnd::time;
    return false;
  }
  while (const auto handler = control_.take_interrupt(pc_)) {
    pc_ = *handler;
    memory_.release_reservation();
    refresh(false);
  }
  memory_.make_owed_lookups();
  const Cycles timer = std::max(next_timer(), cycles_ + 1);
  stop_ = std::min({until_, timer, cycles_ + MemoryPath::most_lookups_owed});
  return true;
}

/// Mode or CSRs have changed: what follows from them is looked up again.
void Hart::refresh(bool protection) {
  if (memory_.refresh(protection)) fetch_.va = no_address;
  float_state_ = control_.float_enabled() ? FloatState::clean : FloatState::off;
  look_around();
}

void Hart::take_trap(const Exception& exception, Address pc) {
  const Mode mode = control_.mode();
  pc_ = control_.trap(exception, pc);
  memory_.release_reservation();
  refresh(false);
  const bool of_fetch = exception.cause == Cause::instruction_access ||
                        exception.cause == Cause::instruction_page ||
                        exception.cause == Cause::instruction_guest_page ||
                        exception.cause == Cause::illegal_instruction;
  if (of_fetch && pc_ == pc && control_.mode() == mode) {
    fail("the first instruction of the trap handler traps to itself", pc, exception.cause);
  }
}

void Hart::fail(std::string reason, Address pc, Cause cause) {
  failure_ = Failure{.reason = std::move(reason), .hart = index_, .pc = pc, .cause = cause};
}

}  // namespace kilburn::riscv
