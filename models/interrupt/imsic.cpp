#include "interrupt/imsic.h"

#include <cassert>

namespace kilburn::interrupt {

void ImsicStatistics::visit(StatisticVisitor& v) const {
  v.counter("messages", messages, "messages", "messages that made an identity pending");
  v.counter("ignored_messages", ignored_messages, "messages",
            "messages with an identity that the file does not have");
  v.counter("claims", claims, "claims", "claims by a top register that found an interrupt");
  v.counter("empty_claims", empty_claims, "claims", "claims that found none");
}

Imsic::Imsic(InterruptSink& hart, unsigned guest_files)
    : files_(interrupt_file::guest(guest_files) + 1),
      lines_{{hart, hart_line::machine_external}, {hart, hart_line::supervisor_external}} {
  assert(guest_files <= IMSIC_GUESTS && "a page of the board's map for each");
  for (unsigned guest = 1; guest <= guest_files; ++guest) {
    lines_.emplace_back(hart, hart_line::guest_external + guest);
  }
}

void Imsic::message(unsigned file, std::uint32_t identity) {
  ++(files_[file].set_pending(identity) ? statistics_.messages : statistics_.ignored_messages);
  drive(file);
}

void Imsic::claim(unsigned file) {
  ++(files_[file].claim() ? statistics_.claims : statistics_.empty_claims);
  drive(file);
}

void Imsic::write(unsigned file, unsigned select, std::uint64_t value) {
  files_[file].write(select, value);
  drive(file);
}

void Imsic::reset() {
  for (unsigned file = 0; file < files_.size(); ++file) {
    files_[file] = {};
    drive(file);
  }
}

}  // namespace kilburn::interrupt
