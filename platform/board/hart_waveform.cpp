#include "platform/board/hart_waveform.h"

#include <fmt/format.h>

#include <systemc>

#include "common/error.h"
#include "platform/board/board.h"

namespace kilburn::board {

HartWaveform::HartWaveform(Board& board, platform::Waveform& waveform)
    : board_(board), waveform_(waveform) {
  const unsigned hart = waveform.options().hart;
  if (hart >= board.harts()) {
    throw InputError(fmt::format("--vcd-hart {}: allowed are 0 to {}", hart, board.harts() - 1));
  }
  // A hart looks for its observer once a quantum, and is up to one ahead of the kernel.
  const platform::ClockConfig& clock = board.config().clock;
  const Cycles early = Cycles{2} * clock.quantum_cycles;
  if (waveform.options().on_mismatch || waveform.options().from <= early) {
    board.hart(hart).observe(this);
  } else {
    const sc_core::sc_time until =
        Clock(platform::period_of(clock)).cycles(waveform.options().from - early);
    sc_core::sc_spawn(
        [this, hart, until] {
          sc_core::wait(until);
          board_.hart(hart).observe(this);
        },
        "before_waveform");
  }
  if (!waveform.shows("hart")) return;
  const auto add = [&](const char* signal, unsigned width) {
    return waveform.vcd().add("hart", signal, width);
  };
  signals_ = {.instruction_valid = add("instruction_valid", 1),
              .pc = add("pc", 64),
              .mode = add("mode", 2),
              .guest = add("guest", 1),
              .access_valid = add("access_valid", 1),
              .kind = add("access", 2),
              .va = add("va", 64),
              .bytes = add("bytes", 4),
              .translated = add("translated", 1),
              .asid = add("asid", 16),
              .vmid = add("vmid", 16),
              .realm = add("realm", 16),
              .fence_valid = add("fence_valid", 1)};
  using enum WaveformSignal::Format;
  waveform.show_hart({{"hart.instruction_valid", binary},
                      {"hart.pc[63:0]", hexadecimal},
                      {"hart.mode[1:0]", decimal},
                      {"hart.access_valid", binary},
                      {"hart.access[1:0]", decimal},
                      {"hart.va[63:0]", hexadecimal},
                      {"hart.asid[15:0]", decimal},
                      {"hart.fence_valid", binary}});
}

Cycles HartWaveform::now() const {
  return board_.hart(waveform_.options().hart).hart().cycles();
}

void HartWaveform::fetched(const riscv::AddressSpace& space, Address pc, unsigned /*bytes*/) {
  waveform_.vcd().at(now());
  if (now() >= waveform_.options().until) board_.hart(waveform_.options().hart).observe(nullptr);
  if (signals_) {
    waveform_.vcd().pulse(signals_->instruction_valid);
    waveform_.vcd().set(signals_->pc, pc);
    waveform_.vcd().set(signals_->mode, static_cast<std::uint64_t>(space.privilege.privilege));
    show(space);
  }
  waveform_.sample_counters();
}

void HartWaveform::accessed(const riscv::AddressSpace& space, Address va, unsigned bytes,
                            Access access) {
  waveform_.vcd().at(now());
  if (signals_) {
    waveform_.vcd().pulse(signals_->access_valid);
    waveform_.vcd().set(signals_->kind, static_cast<std::uint64_t>(access));
    waveform_.vcd().set(signals_->va, va);
    waveform_.vcd().set(signals_->bytes, bytes);
    show(space);
  }
  waveform_.sample_counters();
}

void HartWaveform::fenced(const Retirement& /*fence*/) {
  waveform_.vcd().at(now());
  if (signals_) waveform_.vcd().pulse(signals_->fence_valid);
}

void HartWaveform::show(const riscv::AddressSpace& space) {
  VcdWriter& vcd = waveform_.vcd();
  vcd.set(signals_->guest, space.guest ? 1 : 0);
  vcd.set(signals_->translated, space.translated() ? 1 : 0);
  vcd.set(signals_->asid, space.regime.context.asid);
  vcd.set(signals_->vmid, space.regime.context.vmid);
  vcd.set(signals_->realm, space.regime.context.realm);
}

}  // namespace kilburn::board
