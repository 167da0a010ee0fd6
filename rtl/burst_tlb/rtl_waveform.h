// The waveform that Verilator writes of a Verilated module, as an OutputFile.
#pragma once

#include <verilated_vcd_c.h>

#include <exception>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/output_file.h"

namespace kilburn::burst_tlb {

/// What Verilator's VCD writer writes to. An error that it sees itself ends in its own mutex, for
/// ever (5.006: VL_FATAL_MT within bufferFlush flushes again): it is kept here, and all is taken as
/// written.
class RtlWaveformFile final : public VerilatedVcdFile {
 public:
  explicit RtlWaveformFile(const std::filesystem::path& file) : file_(file) {}

  bool open(const std::string& /*name*/) override { return true; }
  void close() override {}
  ssize_t write(const char* bytes, ssize_t count) override {
    try {
      if (!error_) file_.write(std::string_view(bytes, static_cast<std::size_t>(count)));
    } catch (...) {
      error_ = std::current_exception();
    }
    return count;
  }

  /// Throws what a write has thrown.
  void check() const {
    if (error_) std::rethrow_exception(error_);
  }
  void commit() {
    check();
    file_.commit();
  }

 private:
  OutputFile file_;
  std::exception_ptr error_;
};

/// Each of its functions throws InputError where the file cannot be written.
class RtlWaveform {
 public:
  template <class Top>
  RtlWaveform(Top& top, const std::filesystem::path& file) : file_(file), writer_(&file_) {
    writer_.set_time_unit("1ps");
    writer_.set_time_resolution("1ps");
    top.trace(&writer_, 99);
    writer_.open(file.c_str());
    file_.check();
  }

  void dump(std::uint64_t picoseconds) {
    writer_.dump(picoseconds);
    file_.check();
  }
  void close() {
    writer_.close();
    file_.commit();
  }

 private:
  RtlWaveformFile file_;
  VerilatedVcdC writer_;
};

}  // namespace kilburn::burst_tlb
