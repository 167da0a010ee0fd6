#include "platform/process/user_interrupt.h"

#include <unistd.h>

#include <chrono>
#include <string_view>
#include <system_error>
#include <utility>

#include "platform/process/exit_status.h"

namespace kilburn::platform {

namespace {

// A signal handler can reach nothing else.
std::atomic<bool> flag{false};
std::atomic<int> received{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void raise_flag(int signal) {
  received.store(signal, std::memory_order_relaxed);
  flag.store(true, std::memory_order_relaxed);
  std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptFlag::InterruptFlag() {
  flag = false;
  received = 0;
  struct sigaction raise {};
  raise.sa_handler = raise_flag;
  raise.sa_flags = SA_RESTART;
  for (std::size_t i = 0; i < signals.size(); ++i) {
    sigaction(signals[i], nullptr, &before_[i]);
    const bool under_nohup = signals[i] == SIGHUP && before_[i].sa_handler == SIG_IGN;
    if (!under_nohup) sigaction(signals[i], &raise, nullptr);
  }
}

InterruptFlag::~InterruptFlag() {
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before_[i], nullptr);
}

std::atomic<bool>& InterruptFlag::raised() {
  return flag;
}

InterruptDeadline::InterruptDeadline(InterruptFlag& interrupt,
                                     std::vector<std::filesystem::path> half_written,
                                     std::function<void()> tick)
    : interrupt_(interrupt),
      half_written_(std::move(half_written)),
      tick_(std::move(tick)),
      thread_([this](const std::stop_token& stop) { watch(stop); }) {}

void InterruptDeadline::watch(const std::stop_token& stop) {
  using namespace std::chrono_literals;
  std::unique_lock lock(mutex_);
  const auto pause = [&](std::chrono::milliseconds time) {
    stopped_.wait_for(lock, stop, time, [] { return false; });
    return !stop.stop_requested();
  };
  while (pause(100ms)) {
    if (interrupt_.raised()) {
      if (pause(400ms)) end();
      return;
    }
    if (tick_) tick_();
  }
}

/// Nobody else can: the process's other threads go on until the last line.
void InterruptDeadline::end() {
  std::error_code ignored;
  for (const auto& file : half_written_) {  // not a device that is written through
    const bool ours = std::filesystem::is_regular_file(symlink_status(file, ignored));
    if (ours && file.extension() == ".partial") std::filesystem::remove(file, ignored);
  }
  constexpr std::string_view message = "\r\033[Kkilburn: interrupted\n";
  const std::size_t plain = isatty(STDERR_FILENO) != 0 ? 0 : message.find("kilburn");
  (void)!write(STDERR_FILENO, message.data() + plain, message.size() - plain);
  _exit(interrupt_.status());
}

int InterruptFlag::status() const {
  const int signal = received;
  return exit_status::ended_by(signal == 0 ? SIGINT : signal);
}

}  // namespace kilburn::platform
