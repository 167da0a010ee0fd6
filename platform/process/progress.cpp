#include "platform/process/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace kilburn::platform {

namespace {
constexpr auto redraw_every = std::chrono::milliseconds(200);
constexpr int bar_width = 30;
}  // namespace

std::string short_count(double value) {
  if (value >= 1e9) return fmt::format("{:.2f} G", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.1f} M", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.0f} k", value / 1e3);
  return fmt::format("{:.0f}", value);
}

ProgressBar::ProgressBar(std::string label, std::string unit)
    : label_(std::move(label)),
      unit_(std::move(unit)),
      terminal_(isatty(STDERR_FILENO) != 0),
      started_(SteadyClock::now()),
      next_(started_ + redraw_every) {}

ProgressBar::~ProgressBar() {
  finish();
}

void ProgressBar::update(std::uint64_t done) {
  if (!terminal_) return;
  const SteadyClock::time_point now = SteadyClock::now();
  if (now < next_) return;
  next_ = now + redraw_every;
  draw(done, std::chrono::duration<double>(now - started_).count());
}

void ProgressBar::draw(std::uint64_t done, double seconds) {
  std::string line = fmt::format("\r\033[K{} ", label_);
  if (total_ > 0) {
    const double share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total_));
    const int filled = static_cast<int>(share * bar_width);
    line +=
        fmt::format("[{}{}] {:3.0f} %  ", std::string(static_cast<std::size_t>(filled), '#'),
                    std::string(static_cast<std::size_t>(bar_width - filled), '.'), 100 * share);
  }
  if (!note_.empty()) line += note_ + "  ";
  line += unit_.empty() ? fmt::format("{:.0f} s", seconds) : counted(done, seconds);
  // A terminal that has gone away is no reason to end.
  (void)std::fputs(line.c_str(), stderr);
  (void)std::fflush(stderr);
  drawn_ = true;
}

std::string ProgressBar::counted(std::uint64_t done, double seconds) const {
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  std::string text = fmt::format("{} {}  {}/s", short_count(static_cast<double>(done)), unit_,
                                 rate < 10 ? fmt::format("{:.1f}", rate) : short_count(rate));
  if (total_ > done && rate > 0) {
    text += fmt::format("  {:.0f} s left", static_cast<double>(total_ - done) / rate);
  }
  return text;
}

void ProgressBar::finish() {
  if (drawn_) {
    (void)std::fputs("\r\033[K", stderr);
    (void)std::fflush(stderr);
  }
  drawn_ = false;
}

}  // namespace kilburn::platform
