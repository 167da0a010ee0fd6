// A level-triggered interrupt, and what it ends in: a hart, or an input of an interrupt controller.
#pragma once

namespace kilburn {

/// Of a hart, `line` is the interrupt's number in mip (3, 7, 9, 11), or hart_line::guest_external
/// and a number; of a PLIC, the source (1 to 95), of an APLIC, too (1 to 96). `level`: true while
/// the interrupt is asserted. Drivers call it on changes only.
class InterruptSink {
 public:
  virtual ~InterruptSink() = default;
  virtual void set(unsigned line, bool level) = 0;
};

/// Lines of a hart that interrupt controllers drive: bit numbers of mip.
/// Source: RISC-V Privileged Architecture 1.12, table 3.6.
namespace hart_line {
inline constexpr unsigned machine_software = 3;
inline constexpr unsigned machine_timer = 7;
inline constexpr unsigned supervisor_external = 9;
inline constexpr unsigned machine_external = 11;
/// + the number of a guest interrupt file, 1 and up: a bit of hgeip, not of mip.
inline constexpr unsigned guest_external = 64;
}  // namespace hart_line

/// A line with its two ends: what a device drives.
class InterruptLine {
 public:
  InterruptLine(InterruptSink& sink, unsigned line) : sink_(&sink), line_(line) {}
  void set(bool level) {
    if (level == level_) return;
    level_ = level;
    sink_->set(line_, level);
  }
  [[nodiscard]] bool level() const { return level_; }

 private:
  InterruptSink* sink_;
  unsigned line_;
  bool level_ = false;
};

}  // namespace kilburn
