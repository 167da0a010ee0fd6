// Waveforms of models: a value change dump (VCD) that any viewer reads.
// Source: IEEE 1364-2005, clause 18.
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/output_file.h"

namespace kilburn {

/// Signals are declared first, then time only grows. Values are written where they change.
/// Example:
///   VcdWriter vcd("run.vcd", "1ns", {});
///   const auto hit = vcd.add("mmu.dtlb", "hit", 1);
///   vcd.at(100); vcd.set(hit, 1);
///   vcd.at(101); vcd.set(hit, 0);
class VcdWriter {
 public:
  enum class Signal : std::uint32_t {};

  /// What of the time is written.
  struct Window {
    std::uint64_t from = 0;  ///< values set before it are the first ones shown
    std::uint64_t until = UINT64_MAX;
    /// Not 0: nothing is written but, when `trigger` is called, the last so many points of time.
    std::size_t before_trigger = 0;
  };

  /// A unit of time here is `step` of the time scale. The file is an OutputFile, which `finish` or
  /// the destructor completes. Throws InputError where it cannot be written, as do all that write.
  VcdWriter(std::filesystem::path file, std::string_view timescale, Window window,
            std::uint64_t step = 1);
  ~VcdWriter();
  VcdWriter(const VcdWriter&) = delete;
  VcdWriter& operator=(const VcdWriter&) = delete;

  /// `scope` is a path with dots. Width 1 to 64.
  Signal add(std::string_view scope, std::string_view name, unsigned width);
  /// The time of the values that follow; an earlier time than the last is taken as the last.
  void at(std::uint64_t time);
  void set(Signal signal, std::uint64_t value);
  /// Another window, before anything is written: it may begin now.
  void set_window(Window window) { window_ = window; }
  /// High at this time, low one later, unless it is set again.
  void pulse(Signal signal);
  [[nodiscard]] std::uint64_t now() const { return now_; }
  /// Writes what is kept of the past.
  void trigger();
  void finish();

 private:
  struct Declared {
    std::string scope;
    std::string name;
    unsigned width;
    std::uint64_t value = 0;
    bool changed = true;
  };
  using Change = std::pair<Signal, std::uint64_t>;
  struct Point {
    std::uint64_t time;
    std::vector<Change> changes;
  };
  [[nodiscard]] Declared& declared(Signal signal) {
    return signals_[static_cast<std::size_t>(signal)];
  }
  void end_point();
  void write_header(std::uint64_t time);
  void write(const Point& point);
  void write_value(Signal signal, std::uint64_t value);

  OutputFile out_;
  std::string timescale_;
  Window window_;
  std::uint64_t step_;
  std::vector<Declared> signals_;
  std::vector<Signal> changed_;
  std::vector<Signal> pulses_;
  std::deque<Point> kept_;
  std::vector<std::uint64_t> written_;  ///< each signal's value as the file has it
  bool header_written_ = false;
  bool finished_ = false;
  std::uint64_t now_ = 0;
};

}  // namespace kilburn
