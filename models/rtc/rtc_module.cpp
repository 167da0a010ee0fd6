#include "rtc/rtc_module.h"

#include <chrono>

#include "kilburn/board.h"

namespace kilburn::rtc {

std::uint64_t start_time(const RtcConfig& config) {
  if (!config.host_clock) return config.start_seconds * nanoseconds_per_second;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since_1970).count());
}

RtcModule::RtcModule(const sc_core::sc_module_name& name, const RtcConfig& config,
                     std::uint64_t cycles_hz, Clock clock, Cycles register_cycles,
                     InterruptLine line)
    : RegisterModule(name, BOARD_RTC_BYTES, clock, register_cycles),
      rtc_(start_time(config), cycles_hz, line) {
  SC_METHOD(raise_due_alarm);
  dont_initialize();
  sensitive << alarm_;
}

RtcModule::RtcModule(const sc_core::sc_module_name& name, const Config& config,
                     device::Surroundings& surroundings)
    : RtcModule(name, config, surroundings.cycles_hz, surroundings.clock,
                surroundings.register_cycles, {surroundings.interrupts, BOARD_IRQ_RTC}) {}

std::vector<device::Range> RtcModule::ranges() {
  return {{.base = BOARD_RTC, .bytes = BOARD_RTC_BYTES, .socket = registers}};
}

device::TreeNodes RtcModule::nodes() {
  return {.bus = [](device::TreeWriter& tree) {
    tree.node(device::node_name("rtc", BOARD_RTC), [&] {
      tree.label("rtc");
      tree.texts("compatible", {"google,goldfish-rtc"});
      tree.wide_cells("reg", {BOARD_RTC, BOARD_RTC_BYTES});
      device::wired_interrupt(tree, BOARD_IRQ_RTC);
    });
  }};
}

std::uint64_t RtcModule::read(unsigned offset, unsigned /*length*/, Cycles now) {
  return rtc_.read(offset, now);
}

void RtcModule::write(unsigned offset, unsigned /*length*/, std::uint64_t value, Cycles now) {
  rtc_.write(offset, static_cast<std::uint32_t>(value), now);
  schedule();
}

void RtcModule::reset() {
  rtc_.reset();
  schedule();
}

void RtcModule::raise_due_alarm() {
  rtc_.update(clock().count(sc_core::sc_time_stamp()));
}

void RtcModule::schedule() {
  notify_at(alarm_, rtc_.next_event());
}

}  // namespace kilburn::rtc
