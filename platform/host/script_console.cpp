#include "platform/host/script_console.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <system_error>
#include <utility>

#include "common/error.h"
#include "common/input_path.h"
#include "platform/software/file_bytes.h"

namespace kilburn::host {

namespace {

using Order = Script::Order;

constexpr std::uint64_t most_script_bytes = std::uint64_t{1} << 20;
constexpr std::size_t tail_lines = 12;
constexpr std::size_t tail_columns = 200;  ///< a longer line counts as several

constexpr std::array<std::pair<std::string_view, Order>, 4> orders{{{"expect", Order::expect},
                                                                    {"send", Order::send},
                                                                    {"timeout", Order::timeout},
                                                                    {"end", Order::end}}};

constexpr std::string_view blanks = " \t\r";

std::string_view without_blanks_at_the_end(std::string_view line) {
  const std::size_t last = line.find_last_not_of(blanks);
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/// 0: not a number that is allowed.
double seconds_of(const std::string& text) {
  double seconds = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, seconds);
  return error == std::errc{} && rest == end && seconds > 0 && seconds <= 1e9 ? seconds : 0;
}

/// What is wrong with the line; empty: nothing.
std::string fault_of(const Script::Line& line) {
  switch (line.order) {
    case Order::expect:
      return line.text.empty() ? "expect: give the text to wait for" : "";
    case Order::timeout:
      return line.seconds == 0
                 ? fmt::format(
                       "timeout {}: allowed is a number above 0 up to 1e9 (seconds of "
                       "simulated time)",
                       line.text)
                 : "";
    case Order::end:
      return line.text.empty() ? "" : fmt::format("end {}: allowed is end alone", line.text);
    case Order::send:
      break;
  }
  return "";
}

std::optional<Order> order_of(std::string_view word) {
  for (const auto& [name, order] : orders) {
    if (name == word) return order;
  }
  return std::nullopt;
}

}  // namespace

Script parse_script(std::string_view text, const std::string& file) {
  Script script{.file = file, .lines = {}};
  std::string faults;
  const auto fault = [&](unsigned number, std::string_view what) {
    faults += fmt::format("{}{}:{}: {}", faults.empty() ? "" : "\n", file, number, what);
  };
  unsigned number = 0;
  while (!text.empty()) {
    ++number;
    const std::size_t newline = text.find('\n');
    std::string_view row = without_blanks_at_the_end(text.substr(0, newline));
    text.remove_prefix(newline == std::string_view::npos ? text.size() : newline + 1);
    row.remove_prefix(std::min(row.find_first_not_of(blanks), row.size()));
    if (row.empty() || row.front() == '#') continue;
    const std::size_t word_end = std::min(row.find_first_of(blanks), row.size());
    const auto order = order_of(row.substr(0, word_end));
    if (!order) {
      fault(number, fmt::format("{}: allowed are expect, send, timeout, end and # for a comment",
                                row.substr(0, word_end)));
      continue;
    }
    row.remove_prefix(std::min(word_end + 1, row.size()));
    Script::Line line{.number = number, .order = *order, .text = std::string(row), .seconds = 0};
    if (line.order == Order::timeout) line.seconds = seconds_of(line.text);
    const std::string what = fault_of(line);
    if (!what.empty()) fault(number, what);
    if (!script.lines.empty() && script.lines.back().order == Order::end) {
      fault(number, "after end nothing can follow");
    }
    script.lines.push_back(std::move(line));
  }
  if (!faults.empty()) throw InputError(faults);
  if (script.lines.empty()) throw InputError(fmt::format("{}: has no line to play", file));
  return script;
}

Script read_script(const std::string& file) {
  const std::vector<std::byte> bytes = software::read_file_bytes(file, most_script_bytes);
  const auto* text = reinterpret_cast<const char*>(bytes.data());
  return parse_script({text, bytes.size()}, input_name(file));
}

ScriptConsole::ScriptConsole(Script script, std::function<double()> seconds, bool quiet)
    : script_(std::move(script)), seconds_(std::move(seconds)), quiet_(quiet) {
  play();
}

/// Goes on to the next line that waits.
void ScriptConsole::play() {
  window_.clear();
  since_ = seconds_();
  for (; !finished(); ++next_) {
    const Script::Line& line = script_.lines[next_];
    switch (line.order) {
      case Order::expect:
      case Order::end:
        return;
      case Order::timeout:
        timeout_ = line.seconds;
        break;
      case Order::send:
        input_.insert(input_.end(), line.text.begin(), line.text.end());
        input_.push_back('\n');
        break;
    }
  }
}

void ScriptConsole::put(std::uint8_t byte) {
  constexpr std::uint8_t escape = 0x1B;
  if (byte == escape) {
    sequence_ = Sequence::escape;
  } else if (sequence_ == Sequence::escape) {
    sequence_ = byte == '[' ? Sequence::control : Sequence::none;
  } else if (sequence_ == Sequence::control) {
    if (byte >= '@' && byte <= '~') sequence_ = Sequence::none;  // the last byte of a sequence
  } else if (byte != '\r') {
    show_and_match(static_cast<char>(byte));
  }
}

void ScriptConsole::show_and_match(char letter) {
  if (!quiet_) {
    std::fputc(letter, stdout);
    if (letter == '\n') std::fflush(stdout);
  }
  if (letter == '\n' || tail_.back().size() == tail_columns) {
    tail_.emplace_back();
    if (tail_.size() > tail_lines) tail_.pop_front();
  }
  if (letter != '\n') tail_.back() += letter;

  if (played()) return;
  const std::string& text = script_.lines[next_].text;
  if (window_.size() == text.size()) window_.erase(0, 1);
  window_ += letter;
  if (window_ != text) return;
  ++next_;
  play();
}

std::optional<std::uint8_t> ScriptConsole::get() {
  if (input_.empty()) return std::nullopt;
  const std::uint8_t byte = input_.front();
  input_.pop_front();
  return byte;
}

bool ScriptConsole::at_end() const {
  return !finished() && script_.lines[next_].order == Order::end;
}

std::string ScriptConsole::waits_for() const {
  std::string text =
      finished()
          ? fmt::format("{}: played to its last line; the guest was to end the run", script_.file)
          : fmt::format("{}:{}: waits for \"{}\"", script_.file, script_.lines[next_].number,
                        script_.lines[next_].text);
  text += fmt::format(" for {:.3g} s of simulated time, at most {:.3g} s\nthe last lines:",
                      seconds_() - since_, timeout_);
  for (const std::string& line : tail_) {
    if (!line.empty()) text += "\n| " + line;
  }
  return text;
}

}  // namespace kilburn::host
