#include "platform/board/hart_waveform.h"

#include <fmt/format.h>

#include <systemc>

#include "common/error.h"
#include "platform/board/board.h"

namespace kilburn::board {

namespace {
constexpr Cycles patience = 10'000'000;  // a boot's firmware is shorter
}

HartWaveform::HartWaveform(Board& board, platform::Waveform& waveform)
    : board_(board), waveform_(waveform) {
  const unsigned hart = waveform.options().hart;
  if (hart >= board.harts()) {
    throw InputError(fmt::format("--vcd-hart {}: allowed are 0 to {}", hart, board.harts() - 1));
  }
  // A hart looks for its observer once a quantum, and is up to one ahead of the kernel.
  const platform::ClockConfig& clock = board.config().clock;
  const Cycles early = Cycles{2} * clock.quantum_cycles;
  if (waveform.options().on_mismatch || waveform.waits() || waveform.options().from <= early) {
    board.hart(hart).observe(this);
    waveform.when_it_begins([this, hart] { board_.hart(hart).observe(this); });
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
  using enum WaveformSignal::Format;
  signals_ = {.instruction_valid = waveform.add_hart_signal("instruction_valid", 1, binary),
              .pc = waveform.add_hart_signal("pc", 64, hexadecimal),
              .mode = waveform.add_hart_signal("mode", 2, decimal, &privilege_names),
              .guest = waveform.add_hart_signal("guest", 1),
              .access_valid = waveform.add_hart_signal("access_valid", 1, binary),
              .kind = waveform.add_hart_signal("access", 2, decimal, &access_names),
              .va = waveform.add_hart_signal("va", 64, hexadecimal),
              .bytes = waveform.add_hart_signal("bytes", 4),
              .translated = waveform.add_hart_signal("translated", 1),
              .asid = waveform.add_hart_signal("asid", 16, decimal),
              .vmid = waveform.add_hart_signal("vmid", 16),
              .realm = waveform.add_hart_signal("realm", 16),
              .fence_valid = waveform.add_hart_signal("fence_valid", 1, binary)};
}

Cycles HartWaveform::now() const {
  return board_.hart(waveform_.options().hart).hart().cycles();
}

void HartWaveform::fetched(const riscv::AddressSpace& space, Address pc, unsigned /*bytes*/) {
  const platform::WaveformOptions& options = waveform_.options();
  waveform_.vcd().at(now());
  waveform_.accessed();
  const bool behind = now() >= options.until && !waveform_.covers(now());
  // A program that translates nothing runs at full speed; where it does in the end, the hart's
  // signals begin with its next slice.
  const bool waited_long = waveform_.waits() && now() >= patience;
  if (behind || waited_long) board_.hart(options.hart).observe(nullptr);
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
  waveform_.accessed();
  if (signals_) {
    waveform_.vcd().pulse(signals_->access_valid);
    waveform_.vcd().set(signals_->kind, static_cast<std::uint64_t>(access));
    waveform_.vcd().set(signals_->va, va);
    waveform_.vcd().set(signals_->bytes, bytes);
    show(space);
  }
  waveform_.sample_counters();
}

void HartWaveform::fenced(const Invalidation& /*fence*/) {
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
