// IMSIC: receives the messages for one hart in its interrupt files, and signals them to it.
// Source: RISC-V Advanced Interrupt Architecture 1.0, chapter 3; QEMU 7.2 (`virt`) for the numbers.
#pragma once

#include <cstdint>
#include <vector>

#include "common/external_interrupts.h"
#include "common/interrupt_line.h"
#include "common/statistics.h"
#include "interrupt/interrupt_file.h"

namespace kilburn::interrupt {

struct ImsicStatistics {
  std::uint64_t messages = 0;
  std::uint64_t ignored_messages = 0;
  std::uint64_t claims = 0;
  std::uint64_t empty_claims = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const ImsicStatistics&, const ImsicStatistics&) = default;
};

/// Modelled: the files of machine and supervisor level and of up to IMSIC_GUESTS guests. A file's
/// signal is a line of the hart: MEIP, SEIP, or a bit of hgeip. No time: a message acts at once.
class Imsic final : public ExternalInterrupts {
 public:
  Imsic(InterruptSink& hart, unsigned guest_files);

  /// To file `file` (interrupt_file), which is there.
  void message(unsigned file, std::uint32_t identity);

  [[nodiscard]] bool has_file(unsigned file) const override { return file < files_.size(); }
  [[nodiscard]] unsigned priority(unsigned file) const override { return files_[file].top(); }
  [[nodiscard]] std::uint32_t top(unsigned file) const override {
    return files_[file].top_register();
  }
  void claim(unsigned file) override;
  [[nodiscard]] std::uint64_t read(unsigned file, unsigned select) const override {
    return files_[file].read(select);
  }
  void write(unsigned file, unsigned select, std::uint64_t value) override;

  void reset();
  [[nodiscard]] const ImsicStatistics& statistics() const { return statistics_; }

 private:
  void drive(unsigned file) { lines_[file].set(files_[file].signal()); }

  std::vector<InterruptFile> files_;  ///< machine, supervisor, guests from 1
  std::vector<InterruptLine> lines_;  ///< of the same
  ImsicStatistics statistics_;
};

}  // namespace kilburn::interrupt
