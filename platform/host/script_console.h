// The board's console driven by a script: waits for text, sends text, and gives up in time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "platform/host/console.h"

namespace kilburn::host {

/// What to do at a console, line by line: an order, one blank, and its text. Blanks at the end of a
/// line, empty lines and lines that begin with # do not count.
///     expect TEXT      goes on once the guest has printed TEXT after the TEXT before
///     send TEXT        types TEXT and a newline
///     timeout SECONDS  of simulated time, for each later wait; 60 at first
///     end              ends the run here
/// After a last line that is not `end`, the run waits for the guest to end it.
struct Script {
  enum class Order : std::uint8_t { expect, send, timeout, end };
  struct Line {
    unsigned number = 0;  ///< in the file, from 1
    Order order = Order::end;
    std::string text;
    double seconds = 0;  ///< of `timeout`
  };
  std::string file;
  std::vector<Line> lines;
};

/// Throws InputError, with every wrong line, naming file and line: "boot.script:3: ...".
[[nodiscard]] Script parse_script(std::string_view text, const std::string& file);
[[nodiscard]] Script read_script(const std::string& file);

/// Plays a script. What the guest prints goes to standard output, unless it is `quiet`, and text is
/// looked for in it, within lines. Carriage returns and a terminal's control sequences (ESC [ ...)
/// are left out: a shell asks with them where the cursor is, and the user's terminal would answer
/// to nobody. Time is simulated time, so the same script gives the same run.
class ScriptConsole final : public Console {
 public:
  /// `seconds`: of simulated time, now.
  ScriptConsole(Script script, std::function<double()> seconds, bool quiet = false);

  void put(std::uint8_t byte) override;
  std::optional<std::uint8_t> get() override;
  [[nodiscard]] bool ended() const override { return finished() && input_.empty(); }

  /// The run shall end now: the script has come to its `end`.
  [[nodiscard]] bool at_end() const;
  /// Every line has been played.
  [[nodiscard]] bool played() const { return finished() || at_end(); }
  /// A wait has lasted longer than its timeout.
  [[nodiscard]] bool timed_out() const { return seconds_() - since_ > timeout_; }
  /// Which line waits for what, and the last lines of the output.
  [[nodiscard]] std::string waits_for() const;

 private:
  [[nodiscard]] bool finished() const { return next_ == script_.lines.size(); }
  void play();
  void show_and_match(char letter);

  Script script_;
  std::function<double()> seconds_;
  bool quiet_;
  std::size_t next_ = 0;              ///< the line that waits
  double since_ = 0;                  ///< seconds
  double timeout_ = 60;               ///< seconds
  std::string window_;                ///< the last bytes, as many as the text waited for
  std::deque<std::string> tail_{""};  ///< the last lines
  std::deque<std::uint8_t> input_;    ///< for the guest
  enum class Sequence : std::uint8_t { none, escape, control };
  Sequence sequence_ = Sequence::none;  ///< how far a control sequence has come
};

}  // namespace kilburn::host
