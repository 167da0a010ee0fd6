#include "platform/host/terminal_console.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

namespace kilburn::host {

namespace {

constexpr std::uint8_t ctrl_a = 1;

}  // namespace

TerminalConsole::TerminalConsole(std::atomic<bool>& quit, int output)
    : quit_(quit), output_(output) {
  termios mode{};
  if (isatty(STDIN_FILENO) == 0 || tcgetattr(STDIN_FILENO, &mode) != 0) return;
  saved_ = mode;
  cfmakeraw(&mode);
  mode.c_oflag |= OPOST;  // the platform's own messages end in plain newlines
  tcsetattr(STDIN_FILENO, TCSANOW, &mode);
  // Ctrl-C is the guest's from here on: the way out is told before anybody needs it.
  constexpr std::string_view hint = "kilburn: all keys go to the guest; Ctrl-A x ends the run\n";
  const int screen = isatty(STDERR_FILENO) != 0 ? STDERR_FILENO : output_;
  if (isatty(screen) != 0) [[maybe_unused]]
    const auto ignored = write(screen, hint.data(), hint.size());
}

TerminalConsole::~TerminalConsole() {
  if (saved_) tcsetattr(STDIN_FILENO, TCSANOW, &*saved_);
}

void TerminalConsole::put(std::uint8_t byte) {
  while (write(output_, &byte, 1) < 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN) {  // a pipe that someone made not to wait
      pollfd room{output_, POLLOUT, 0};
      poll(&room, 1, -1);
      continue;
    }
    // Nowhere to go: the run ends with the statistics so far. Messages may be lost.
    if (output_ == STDOUT_FILENO) quit_ = true;
    return;
  }
}

std::optional<std::uint8_t> TerminalConsole::get() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  while (!ended_ && poll(&input, 1, 0) > 0) {
    std::uint8_t byte = 0;
    const ssize_t got = read(STDIN_FILENO, &byte, 1);
    if (got <= 0) {
      ended_ = got == 0 || errno != EINTR;
      continue;
    }
    if (!saved_) return byte;
    if (!escape_) {
      if (byte != ctrl_a) return byte;
      escape_ = true;
      continue;
    }
    escape_ = false;
    if (byte == 'x') {
      quit_ = true;
    } else {
      return byte;
    }
  }
  return std::nullopt;
}

}  // namespace kilburn::host
