// A waveform of a run: a hart's accesses, the ports of its TLBs (model and RTL side by side), and
// any block's counters, in one file and one time base.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "mmu/mmu.h"
#include "platform/configuration/statistic_writers.h"
#include "platform/waveform/gtkwave_save.h"
#include "platform/waveform/vcd_writer.h"
#include "platform/waveform/waveform_file.h"

namespace kilburn::platform {

class CommandFiles;
class TlbSignals;

/// Cycles that a waveform has where its user has given no window: some ten megabytes.
inline constexpr Cycles default_window = 100'000;

struct WaveformOptions {
  std::filesystem::path file;  ///< empty: none; FST where it ends in .fst, else VCD
  /// "hart", "mmu.itlb", "mmu.dtlb": their ports; any other block's path, or a TLB that is neither
  /// burst nor conventional: its counters.
  std::vector<std::string> scopes{"hart", "mmu.dtlb"};
  Cycles from = 0;
  Cycles until = UINT64_MAX;
  /// `from` and `until` do not count: the window begins at the first look-up in a TLB whose ports
  /// are shown, or at the first access where none is, and has default_window cycles.
  bool from_first_lookup = false;
  bool on_mismatch = false;  ///< only the last accesses before RTL and model differ
  unsigned hart = 0;         ///< whose accesses and TLBs
};

/// The waveform and its save file.
void add_waveform(CommandFiles& files, const WaveformOptions& options);

/// The file and what all platforms show in it; who shows a hart adds the signals of scope "hart".
/// Time in the file: the cycle at which an access arrives, as a loosely timed platform has it; a
/// port's later cycles follow one by one, though the hart may be charged less.
class Waveform {
 public:
  /// Nothing: it lies outside the window.
  using Now = std::function<std::optional<Cycles>()>;

  /// Throws InputError where the file cannot be written.
  Waveform(const WaveformOptions& options, Clock clock);
  ~Waveform();

  [[nodiscard]] const WaveformOptions& options() const { return options_; }
  [[nodiscard]] VcdWriter& vcd() { return vcd_; }
  [[nodiscard]] bool shows(std::string_view scope) const;
  [[nodiscard]] bool covers(Cycles time) const {
    return options_.on_mismatch || waits_ || (time >= options_.from && time < options_.until);
  }
  /// The window has not begun, and nobody knows when it will.
  [[nodiscard]] bool waits() const { return waits_; }
  /// Called when it begins, from then on `options` tells from where to where it is.
  void when_it_begins(std::function<void()> action) { begun_ = std::move(action); }
  /// The hart makes an access, at the writer's time.
  void accessed();

  /// Wraps mmu::TlbFactory: TLBs that are shown are operated through their ports. `now` tells the
  /// time of what they do; empty: whoever shows the hart has set it.
  [[nodiscard]] std::unique_ptr<burst_tlb::Tlb> make_tlb(const mmu::FirstLevelConfig& config,
                                                         std::string_view path, Now now = {});
  /// A signal of scope "hart"; with a format it stands in the save file, too.
  VcdWriter::Signal add_hart_signal(const std::string& name, unsigned width,
                                    std::optional<WaveformSignal::Format> format = {},
                                    const ValueNames* names = nullptr);
  /// What the counters of blocks are read from; before the simulation begins. Throws InputError
  /// where a scope is no block, naming those that there are.
  void show_counters(VisitStatistics statistics);
  /// After each access.
  void sample_counters();
  /// The waveform, where only a difference makes one, and its save file; standard error tells where
  /// the window has nothing in it. Throws InputError where not all could be written.
  void mismatch();
  void finish();

 private:
  struct CounterSignal {
    VcdWriter::Signal signal;
    std::size_t statistic;  ///< place in statistics_list
  };

  void looked_up();
  void begin();
  void report_missing_part() const;

  WaveformOptions options_;
  Clock clock_;
  WaveformFile file_;
  WaveformSize size_;
  VcdWriter vcd_;
  bool waits_;
  std::function<void()> begun_;
  std::optional<Cycles> first_lookup_;  ///< within the window
  std::uint64_t accesses_ = 0;
  std::vector<WaveformSignal> hart_;
  std::vector<std::unique_ptr<TlbSignals>> tlbs_;
  VisitStatistics statistics_;
  std::vector<CounterSignal> counters_;
};

}  // namespace kilburn::platform
