#include "rtc/rtc.h"

#include <cassert>

namespace kilburn::rtc {
namespace {

constexpr std::uint32_t low(std::uint64_t whole) {
  return static_cast<std::uint32_t>(whole);
}
constexpr std::uint32_t high(std::uint64_t whole) {
  return static_cast<std::uint32_t>(whole >> 32);
}
constexpr std::uint64_t join(std::uint32_t high, std::uint32_t low) {
  return std::uint64_t{high} << 32 | low;
}

}  // namespace

void RtcConfig::visit(ParameterVisitor& v) {
  // 64 bits of nanoseconds end in the year 2554; Linux takes them as signed, to 2262.
  v.integer("start_seconds", start_seconds, {0, 9'000'000'000}, "s",
            "time since 1970-01-01 00:00 UTC when the run starts");
  v.flag("host_clock", host_clock,
         "start with the host's time; runs do not repeat. false: start_seconds");
}

void RtcStatistics::visit(StatisticVisitor& v) const {
  v.counter("alarms", alarms, "alarms", "alarms that went off");
  v.counter("interrupts", interrupts, "interrupts", "rises of the interrupt line");
}

Rtc::Rtc(std::uint64_t start, std::uint64_t cycles_hz, InterruptLine line)
    : timebase_(nanoseconds_per_second, cycles_hz), offset_(start), line_(line) {}

std::uint32_t Rtc::read(unsigned offset, Cycles now) {
  assert(offset % 4 == 0 && "the module refuses other accesses");
  switch (offset) {
    case RTC_TIME_LOW:
      latched_high_ = high(nanoseconds(now));
      return low(nanoseconds(now));
    case RTC_TIME_HIGH:
      return latched_high_;
    case RTC_ALARM_LOW:
      return low(alarm_);
    case RTC_ALARM_HIGH:
      return high(alarm_);
    case RTC_IRQ_ENABLED:
      return enabled_ ? 1 : 0;
    case RTC_ALARM_STATUS:
      return armed_ ? 1 : 0;
    default:
      return 0;
  }
}

void Rtc::write(unsigned offset, std::uint32_t value, Cycles now) {
  assert(offset % 4 == 0 && "the module refuses other accesses");
  switch (offset) {
    case RTC_TIME_LOW:
      set_time(join(high(nanoseconds(now)), value), now);
      break;
    case RTC_TIME_HIGH:
      set_time(join(value, low(nanoseconds(now))), now);
      break;
    case RTC_ALARM_LOW:
      alarm_ = join(high(alarm_), value);
      arm(now);
      break;
    case RTC_ALARM_HIGH:
      alarm_ = join(value, low(alarm_));
      break;
    case RTC_IRQ_ENABLED:
      enabled_ = (value & 1) != 0;
      drive_line();
      break;
    case RTC_CLEAR_ALARM:
      disarm();
      break;
    case RTC_CLEAR_INTERRUPT:
      pending_ = false;
      drive_line();
      break;
    default:
      break;
  }
}

void Rtc::set_time(std::uint64_t nanoseconds, Cycles now) {
  offset_ = nanoseconds - timebase_.ticks(now);
  if (armed_) arm(now);
}

void Rtc::arm(Cycles now) {
  const std::uint64_t time = nanoseconds(now);
  std::uint64_t ticks = 0;
  armed_ = true;
  if (time >= alarm_) {
    goes_off_ = now;
  } else if (__builtin_add_overflow(timebase_.ticks(now), alarm_ - time, &ticks)) {
    goes_off_ = Timebase::never;
  } else {
    goes_off_ = timebase_.first_cycle(ticks);
  }
  update(now);
}

void Rtc::disarm() {
  armed_ = false;
  goes_off_ = Timebase::never;
}

void Rtc::update(Cycles now) {
  if (!armed_ || now < goes_off_) return;
  disarm();
  pending_ = true;
  ++statistics_.alarms;
  drive_line();
}

void Rtc::drive_line() {
  const bool level = pending_ && enabled_;
  if (level && !line_.level()) ++statistics_.interrupts;
  line_.set(level);
}

void Rtc::reset() {
  latched_high_ = 0;
  alarm_ = 0;
  disarm();
  pending_ = false;
  enabled_ = false;
  drive_line();
}

}  // namespace kilburn::rtc
