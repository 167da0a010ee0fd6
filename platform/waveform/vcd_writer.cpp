#include "platform/waveform/vcd_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <exception>
#include <numeric>

namespace kilburn {

namespace {

/// Printable characters, the first signals with the shortest names.
std::string identifier(std::size_t number) {
  std::string id;
  for (++number; number > 0; number = (number - 1) / 94) {
    id += static_cast<char>('!' + (number - 1) % 94);
  }
  return id;
}

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    parts.emplace_back(path.substr(0, dot));
    path.remove_prefix(std::min(dot + 1, path.size()));
  }
  return parts;
}

}  // namespace

VcdWriter::VcdWriter(std::filesystem::path file, std::string_view timescale, Window window,
                     std::uint64_t step)
    : out_(std::move(file)), timescale_(timescale), window_(window), step_(step) {}

VcdWriter::~VcdWriter() {
  try {
    finish();
  } catch (const std::exception&) {  // whoever cares calls finish
  }
}

VcdWriter::Signal VcdWriter::add(std::string_view scope, std::string_view name, unsigned width) {
  assert(!header_written_ && width >= 1 && width <= 64);
  signals_.push_back({std::string(scope), std::string(name), width});
  const auto signal = static_cast<Signal>(signals_.size() - 1);
  changed_.push_back(signal);
  return signal;
}

void VcdWriter::set(Signal signal, std::uint64_t value) {
  Declared& d = declared(signal);
  if (d.width < 64) value &= (std::uint64_t{1} << d.width) - 1;
  std::erase(pulses_, signal);
  if (d.value == value) return;
  d.value = value;
  if (!d.changed) changed_.push_back(signal);
  d.changed = true;
}

void VcdWriter::pulse(Signal signal) {
  set(signal, 1);
  pulses_.push_back(signal);
}

void VcdWriter::at(std::uint64_t time) {
  if (time <= now_) return;
  end_point();
  if (!pulses_.empty()) {
    ++now_;
    for (const Signal signal : std::exchange(pulses_, {})) set(signal, 0);
    if (time > now_) end_point();
  }
  now_ = time;
}

/// All of this time's values are known: they are written, kept, or, outside the window, forgotten.
void VcdWriter::end_point() {
  const bool inside = now_ >= window_.from && now_ < window_.until;
  if (!inside && window_.before_trigger == 0) return;  // `changed` holds them until the window
  Point point{now_, {}};
  for (const Signal signal : changed_) {
    declared(signal).changed = false;
    point.changes.emplace_back(signal, declared(signal).value);
  }
  changed_.clear();
  if (window_.before_trigger == 0) {
    write(point);
    return;
  }
  if (!point.changes.empty()) kept_.push_back(std::move(point));
  if (kept_.size() <= window_.before_trigger) return;
  // What falls out of the past is what the next point starts from: its own changes come later.
  std::vector<Change> merged = std::move(kept_.front().changes);
  kept_.pop_front();
  for (const Change& later : kept_.front().changes) {
    const auto earlier = std::ranges::find(merged, later.first, &Change::first);
    if (earlier == merged.end()) {
      merged.push_back(later);
    } else {
      *earlier = later;
    }
  }
  kept_.front().changes = std::move(merged);
}

void VcdWriter::trigger() {
  end_point();
  for (const Point& point : kept_) write(point);
  kept_.clear();
}

void VcdWriter::write_header(std::uint64_t time) {
  header_written_ = true;
  written_.assign(signals_.size(), 0);
  fmt::memory_buffer text;
  auto to = std::back_inserter(text);
  fmt::format_to(to, "$timescale {} $end\n", timescale_);
  std::vector<std::size_t> order(signals_.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return signals_[i].scope; });
  std::vector<std::string> open;
  for (const std::size_t i : order) {
    const Declared& d = signals_[i];
    const std::vector<std::string> scope = parts_of(d.scope);
    const auto [here, there] = std::ranges::mismatch(open, scope);
    for (auto left = here; left != open.end(); ++left) fmt::format_to(to, "$upscope $end\n");
    for (auto entered = there; entered != scope.end(); ++entered) {
      fmt::format_to(to, "$scope module {} $end\n", *entered);
    }
    open = scope;
    fmt::format_to(to, "$var wire {} {} {}{} $end\n", d.width, identifier(i), d.name,
                   d.width > 1 ? fmt::format(" [{}:0]", d.width - 1) : "");
  }
  for (std::size_t i = 0; i < open.size(); ++i) fmt::format_to(to, "$upscope $end\n");
  fmt::format_to(to, "$enddefinitions $end\n#{}\n$dumpvars\n", time * step_);
  out_.write(std::string_view(text.data(), text.size()));
  for (std::size_t i = 0; i < signals_.size(); ++i) write_value(static_cast<Signal>(i), 0);
  out_.write("$end\n");
}

void VcdWriter::write(const Point& point) {
  if (!header_written_) {
    write_header(point.time);
  } else if (!point.changes.empty()) {
    out_.write(fmt::format("#{}\n", point.time * step_));
  }
  for (const auto& [signal, value] : point.changes) {
    if (std::exchange(written_[static_cast<std::size_t>(signal)], value) != value) {
      write_value(signal, value);
    }
  }
}

void VcdWriter::write_value(Signal signal, std::uint64_t value) {
  const auto number = static_cast<std::size_t>(signal);
  if (signals_[number].width == 1) {
    out_.write(fmt::format("{}{}\n", value != 0 ? '1' : '0', identifier(number)));
  } else {
    out_.write(fmt::format("b{:b} {}\n", value, identifier(number)));
  }
}

void VcdWriter::finish() {
  if (std::exchange(finished_, true)) return;
  end_point();
  if (!header_written_) write_header(std::min(now_, window_.until));
  // A last time, so that the last values have a length.
  if (window_.before_trigger == 0) {
    out_.write(fmt::format("#{}\n", std::min(now_ + 1, window_.until) * step_));
  }
  out_.commit();
}

}  // namespace kilburn
