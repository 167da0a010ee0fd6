// Shows in a waveform what a hart of a board does: `kilburn run --elf --vcd`.
#pragma once

#include <optional>

#include "platform/waveform/waveform.h"
#include "riscv/csr/control_state.h"
#include "riscv/memory/hart_bus.h"

namespace kilburn::board {

class Board;

/// Each instruction fetched, and its load or store: addresses, address space, privilege. Watches
/// within the waveform's window only: outside, the hart has its fast path.
class HartWaveform final : public riscv::AccessObserver {
 public:
  /// Before the simulation begins. Throws InputError where the board has no such hart.
  HartWaveform(Board& board, platform::Waveform& waveform);

  void fetched(const riscv::AddressSpace& space, Address pc, unsigned bytes) override;
  void accessed(const riscv::AddressSpace& space, Address va, unsigned bytes,
                Access access) override;
  void fenced(const Invalidation& fence) override;

 private:
  struct Signals {
    VcdWriter::Signal instruction_valid, pc, mode, guest;
    VcdWriter::Signal access_valid, kind, va, bytes, translated, asid, vmid, realm;
    VcdWriter::Signal fence_valid;
  };
  [[nodiscard]] Cycles now() const;
  void show(const riscv::AddressSpace& space);

  Board& board_;
  platform::Waveform& waveform_;
  std::optional<Signals> signals_;
};

}  // namespace kilburn::board
