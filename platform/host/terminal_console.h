// The board's console on the terminal, or on pipes, of the user.
#pragma once

#include <termios.h>

#include <atomic>
#include <optional>

#include "platform/host/console.h"

namespace kilburn::host {

/// Bytes from standard input, and to standard output or error. A terminal is put into raw mode as
/// long as this lives, so that keys reach the guest one by one: Ctrl-A x ends the run, as a first
/// line says, Ctrl-A Ctrl-A is Ctrl-A.
class TerminalConsole final : public Console {
 public:
  /// `quit` is raised by Ctrl-A x. `output`: a file descriptor.
  TerminalConsole(std::atomic<bool>& quit, int output);
  ~TerminalConsole() override;
  TerminalConsole(const TerminalConsole&) = delete;
  TerminalConsole& operator=(const TerminalConsole&) = delete;
  TerminalConsole(TerminalConsole&&) = delete;
  TerminalConsole& operator=(TerminalConsole&&) = delete;

  void put(std::uint8_t byte) override;
  std::optional<std::uint8_t> get() override;
  [[nodiscard]] bool ended() const override { return ended_; }

 private:
  std::atomic<bool>& quit_;
  int output_;
  std::optional<termios> saved_;  ///< of a terminal
  bool escape_ = false;           ///< the last key was Ctrl-A
  bool ended_ = false;
};

}  // namespace kilburn::host
