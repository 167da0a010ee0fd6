#include "interrupt/aclint.h"

#include <cassert>

namespace kilburn::interrupt {
namespace {

/// `whole` with its half at `offset % 8` replaced, or all of it.
std::uint64_t merge(std::uint64_t whole, unsigned offset, unsigned bytes, std::uint64_t value) {
  if (bytes == 8) return value;
  const unsigned shift = offset % 8 * 8;
  const std::uint64_t mask = std::uint64_t{UINT32_MAX} << shift;
  return (whole & ~mask) | (value << shift & mask);
}

std::uint64_t part(std::uint64_t whole, unsigned offset, unsigned bytes) {
  return bytes == 8 ? whole : whole >> (offset % 8 * 8) & UINT32_MAX;
}

}  // namespace

void AclintStatistics::visit(StatisticVisitor& v) const {
  v.counter("software_interrupts", software_interrupts, "interrupts",
            "rises of a hart's software interrupt");
  v.counter("timer_interrupts", timer_interrupts, "interrupts",
            "rises of a hart's timer interrupt");
  v.counter("timer_writes", timer_writes, "writes", "writes to mtimecmp and mtime");
}

Aclint::Aclint(MachineTime& time, std::span<InterruptSink* const> harts) : time_(time) {
  assert(!harts.empty() && harts.size() <= ACLINT_HARTS && "the register map has room for so many");
  timers_.reserve(harts.size());
  for (InterruptSink* hart : harts) {
    timers_.push_back({.software = {*hart, hart_line::machine_software},
                       .timer = {*hart, hart_line::machine_timer}});
  }
}

std::uint64_t Aclint::read(unsigned offset, unsigned bytes, Cycles now) const {
  assert((bytes == 4 || bytes == 8) && offset % bytes == 0 && "the module refuses other accesses");
  if (offset < ACLINT_MTIMECMP) {
    const unsigned hart = offset / ACLINT_MSIP_STRIDE;
    return hart < timers_.size() && timers_[hart].software.level() ? 1 : 0;
  }
  const unsigned hart = (offset - ACLINT_MTIMECMP) / ACLINT_MTIMECMP_STRIDE;
  if (hart < timers_.size()) return part(timers_[hart].compare, offset, bytes);
  return offset / 8 == ACLINT_MTIME / 8 ? part(time_.at(now), offset, bytes) : 0;
}

void Aclint::write(unsigned offset, unsigned bytes, std::uint64_t value, Cycles now) {
  assert((bytes == 4 || bytes == 8) && offset % bytes == 0 && "the module refuses other accesses");
  if (offset < ACLINT_MTIMECMP) {
    const unsigned hart = offset / ACLINT_MSIP_STRIDE;
    if (hart >= timers_.size()) return;
    InterruptLine& line = timers_[hart].software;
    const bool level = (value & 1) != 0;
    if (level && !line.level()) ++statistics_.software_interrupts;
    line.set(level);
    return;
  }
  const unsigned hart = (offset - ACLINT_MTIMECMP) / ACLINT_MTIMECMP_STRIDE;
  if (hart < timers_.size()) {
    ++statistics_.timer_writes;
    set_compare(timers_[hart], merge(timers_[hart].compare, offset, bytes, value), now);
  } else if (offset / 8 == ACLINT_MTIME / 8) {
    ++statistics_.timer_writes;
    time_.set(merge(time_.at(now), offset, bytes, value), now);
    for (Timer& timer : timers_) set_compare(timer, timer.compare, now);
  }
}

void Aclint::set_compare(Timer& timer, std::uint64_t compare, Cycles now) {
  timer.compare = compare;
  timer.rises = time_.first_cycle(compare);
  set_timer_line(timer, now >= timer.rises);
}

void Aclint::set_timer_line(Timer& timer, bool level) {
  if (level && !timer.timer.level()) ++statistics_.timer_interrupts;
  timer.timer.set(level);
}

// Never lowers the line: a hart that is behind another in time must not take back what the other's
// time has shown.
void Aclint::update(unsigned hart, Cycles now) {
  if (now >= timers_[hart].rises) set_timer_line(timers_[hart], true);
}

void Aclint::reset() {
  time_.set(0, 0);
  for (Timer& timer : timers_) {
    timer.software.set(false);
    timer.compare = UINT64_MAX;
    timer.rises = Timebase::never;
    timer.timer.set(false);
  }
}

}  // namespace kilburn::interrupt
