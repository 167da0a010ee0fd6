#include "platform/interrupt.h"

#include <csignal>

namespace kilburn::platform {

namespace {

// A signal handler can reach nothing else.
std::atomic<bool> flag{false};
static_assert(std::atomic<bool>::is_always_lock_free);

void raise_flag(int signal) {
  flag.store(true, std::memory_order_relaxed);
  std::signal(signal, SIG_DFL);
}

}  // namespace

InterruptFlag::InterruptFlag() {
  flag = false;
  std::signal(SIGINT, raise_flag);
  std::signal(SIGTERM, raise_flag);
}

InterruptFlag::~InterruptFlag() {
  std::signal(SIGINT, SIG_DFL);
  std::signal(SIGTERM, SIG_DFL);
}

std::atomic<bool>& InterruptFlag::raised() {
  return flag;
}

}  // namespace kilburn::platform
