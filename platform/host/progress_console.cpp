#include "platform/host/progress_console.h"

#include <utility>

namespace kilburn::host {

namespace {
constexpr auto quiet_time = std::chrono::seconds(1);
}

void ProgressConsole::put(std::uint8_t byte) {
  bar_.finish();
  console_.put(byte);
  line_begins_ = byte == '\n' || (byte == '\r' && line_begins_);
  active_ = true;
}

std::optional<std::uint8_t> ProgressConsole::get() {
  const auto byte = console_.get();
  if (byte) {
    bar_.finish();
    active_ = true;
  }
  return byte;
}

void ProgressConsole::update(std::uint64_t instructions) {
  const SteadyClock::time_point now = SteadyClock::now();
  if (std::exchange(active_, false)) last_activity_ = now;
  if (line_begins_ && now - last_activity_ >= quiet_time) bar_.update(instructions);
}

}  // namespace kilburn::host
