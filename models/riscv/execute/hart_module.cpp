#include "riscv/execute/hart_module.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace kilburn::riscv {

namespace {

constexpr Cycles never = std::numeric_limits<Cycles>::max();

FirstLevelCaches::Tags tags_of(const HartModule::Connections& connections) {
  if (connections.l1i == nullptr) return {};
  return {.instructions = &connections.l1i->tags(), .data = &connections.l1d->tags()};
}

}  // namespace

HartModule::HartModule(const sc_core::sc_module_name& name, const HartConfig& config,
                       unsigned index, const Connections& connections, Clock clock, Cycles quantum)
    : sc_module(name),
      memory_(connections.memory),
      timer_(connections.timer),
      l1i_(connections.l1i),
      l1d_(connections.l1d),
      clock_(clock),
      quantum_(quantum),
      hart_(config, index,
            {.mmu = connections.mmu,
             .bus = *this,
             .memory = connections.memory,
             .invalidator = connections.invalidator,
             .caches = tags_of(connections)},
            connections.time) {
  connections.time.watch([this] {
    hart_.time_set();
    wake_.notify(sc_core::SC_ZERO_TIME);
  });
  bus.bind(static_cast<BackwardInitiator&>(*this));
  payload_.set_extension(&requester_);
  sc_core::sc_spawn([this] { run(); }, "run");
}

void HartModule::set(unsigned line, bool level) {
  if (line > hart_line::guest_external) {
    hart_.set_guest_line(line - hart_line::guest_external, level);
  } else {
    hart_.set_line(static_cast<Interrupt>(line), level);
  }
  wake_.notify(sc_core::SC_ZERO_TIME);
}

void HartModule::run() {
  try {
    for (;;) run_slice();
  } catch (const sc_core::sc_unwind_exception&) {  // the kernel's own way to end a process
    throw;
  } catch (...) {
    error_ = std::current_exception();
    sc_core::sc_stop();
  }
}

void HartModule::run_slice() {
  while (held_) wait(resume_);
  if (std::exchange(attached_, debugger_) != debugger_) hart_.attach(debugger_);
  const Cycles now = clock_.now(sc_core::SC_ZERO_TIME);
  hart_.idle_until(now);
  if (timer_.next_event() <= hart_.cycles()) timer_.update(hart_.cycles());
  const Cycles end_of_quantum = (now / quantum_ + 1) * quantum_;
  const Cycles timer = timer_.next_event();
  const Cycles until = timer > hart_.cycles() ? std::min(end_of_quantum, timer) : end_of_quantum;
  const RunEnd end = run_hart(until);
  switch (end) {
    case RunEnd::time:
    case RunEnd::device:
      if (hart_.cycles() >= end_of_quantum) clock_.wait_until(hart_.cycles());
      return;
    case RunEnd::waiting:
      if (!stands_still(end)) wait_for_interrupt();
      return;
    case RunEnd::debugger:
    case RunEnd::stuck:
      (void)stands_still(end);
      return;
  }
}

/// With the observer, or past it where it needs to see nothing of what can happen until then.
RunEnd HartModule::run_hart(Cycles until) {
  AccessObserver* const observer = observer_;
  // An instruction takes a cycle at least and makes two accesses at most, its fetch and one more; a
  // block that has begun is finished.
  const std::uint64_t most = 2 * (until - std::min(hart_.cycles(), until) + most_instructions);
  const bool passes = observer != nullptr && observer->passes(most);
  AccessObserver* const shown = passes ? nullptr : observer;
  if (std::exchange(observed_by_, shown) != shown) hart_.observe(shown);
  const std::uint64_t before = hart_.process_accesses();
  const RunEnd end = hart_.run(until);
  if (passes) observer->passed(hart_.process_accesses() - before);
  return end;
}

bool HartModule::stands_still(RunEnd end) {
  bool still = false;
  for (const HartWatcher& watcher : watchers_) still = watcher(end) || still;
  if (!still) return false;
  held_ = true;
  clock_.wait_until(hart_.cycles());
  return true;
}

void HartModule::wait_for_interrupt() {
  // A timer that has come is pending already, and has not ended the WFI: it is not enabled.
  const auto to_come = [&](Cycles timer) { return timer > hart_.cycles() ? timer : never; };
  const Cycles wakes = std::min(to_come(timer_.next_event()), to_come(hart_.next_timer()));
  if (wakes == never) {
    asleep_ = true;
    wait(wake_);
    asleep_ = false;
    return;
  }
  const sc_core::sc_time at = clock_.cycles(wakes);
  if (at > sc_core::sc_time_stamp()) wait(at - sc_core::sc_time_stamp(), wake_);
}

BusReply HartModule::read(Address address, unsigned bytes, Cycles now) {
  if (const MainMemory::Region* region = memory_.find(address, bytes)) {
    BusReply reply;
    std::memcpy(&reply.data, region->host.data() + (address - region->base), bytes);
    return reply;
  }
  return transport(tlm::TLM_READ_COMMAND, address, 0, bytes, now);
}

BusReply HartModule::write(Address address, std::uint64_t value, unsigned bytes, Cycles now) {
  if (const MainMemory::Region* region = memory_.find(address, bytes)) {
    std::memcpy(region->host.data() + (address - region->base), &value, bytes);
    return {};
  }
  BusReply reply = transport(tlm::TLM_WRITE_COMMAND, address, value, bytes, now);
  reply.end_slice = true;
  return reply;
}

BusReply HartModule::transport(tlm::tlm_command command, Address address, std::uint64_t data,
                               unsigned bytes, Cycles now) {
  requester_.context = hart_.data_space().regime.context;
  requester_.privilege = hart_.control().data_space().privilege.privilege;
  payload_.set_command(command);
  payload_.set_address(address);
  payload_.set_data_ptr(reinterpret_cast<unsigned char*>(&data));
  payload_.set_data_length(bytes);
  payload_.set_streaming_width(bytes);
  payload_.set_byte_enable_ptr(nullptr);
  payload_.set_byte_enable_length(0);
  payload_.set_dmi_allowed(false);
  payload_.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  sc_core::sc_time delay = delay_at(now);
  bus->b_transport(payload_, delay);
  return {.data = data, .latency = cycles_since(now, delay), .ok = payload_.is_response_ok()};
}

Cycles HartModule::look_up(Address line, Traffic traffic, Cycles now) {
  cache::CacheModule& cache = traffic == Traffic::fetch ? *l1i_ : *l1d_;
  sc_core::sc_time delay = delay_at(now);
  if (!cache.look_up(line, traffic, delay)) {
    throw std::logic_error(std::string(cache.name()) + ": no memory behind a line of main memory");
  }
  return cycles_since(now, delay);
}

/// Annotated delay of a transaction at the hart's cycle `now`.
sc_core::sc_time HartModule::delay_at(Cycles now) const {
  return std::max(clock_.cycles(now), sc_core::sc_time_stamp()) - sc_core::sc_time_stamp();
}

/// From the hart's cycle `now` to the end of a transaction that has returned with `delay`.
Cycles HartModule::cycles_since(Cycles now, const sc_core::sc_time& delay) const {
  const Cycles done = clock_.count_up(sc_core::sc_time_stamp() + delay);
  return done - std::min(done, now);
}

HartBus::Semihosting HartModule::semihosting(std::uint64_t operation, std::uint64_t parameter,
                                             Cycles now) {
  return semihosting_ ? semihosting_(operation, parameter, now) : Semihosting{};
}

}  // namespace kilburn::riscv
