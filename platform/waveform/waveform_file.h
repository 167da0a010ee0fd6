// Where a waveform's writer writes: a file of VCD, or, through GTKWave's vcd2fst, one of FST.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <utility>

#include "common/output_file.h"

namespace kilburn::platform {

/// FST is GTKWave's own format: compressed, and opened in no time however long it is. `FILE.fst` is
/// written by vcd2fst, which runs beside and reads VCD from a pipe; it ends when the pipe does, so
/// that also a run that is killed leaves a waveform (under the name FILE.fst.partial).
class WaveformFile {
 public:
  /// FST where the name ends in .fst. Throws InputError where vcd2fst cannot be started.
  explicit WaveformFile(std::filesystem::path file);
  /// Without `finish` nothing is left of an FST.
  ~WaveformFile();
  WaveformFile(const WaveformFile&) = delete;
  WaveformFile& operator=(const WaveformFile&) = delete;

  /// What the writer of VCD opens, once.
  [[nodiscard]] std::filesystem::path target() const;
  /// When the writer has closed it. Throws InputError where the FST is not whole.
  void finish();

 private:
  [[nodiscard]] bool is_fst() const { return converter_ > 0; }
  /// Ends the pipe and waits; vcd2fst's status.
  int end_converter();

  std::filesystem::path file_;
  std::optional<OutputFile> fst_;
  int pipe_ = -1;  ///< its end that is written to
  pid_t converter_ = -1;
};

/// True for an FST file whose blocks reach exactly to its end, with those that are written last: a
/// disk that is full leaves others, and vcd2fst does not tell.
[[nodiscard]] bool is_whole_fst(const std::filesystem::path& file);

/// Says once, on standard error, that a waveform has become large.
class WaveformSize {
 public:
  static constexpr std::uint64_t limit = std::uint64_t{256} << 20;

  explicit WaveformSize(std::filesystem::path file) : file_(std::move(file)) {}
  /// Now and then.
  void look();

 private:
  std::filesystem::path file_;
  bool told_ = false;
};

}  // namespace kilburn::platform
