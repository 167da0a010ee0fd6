// A hart as a SystemC module: its thread, its interrupt lines, its transactions to devices.
#pragma once

#include <exception>
#include <functional>
#include <systemc>
#include <tlm>
#include <vector>

#include "cache/cache_module.h"
#include "common/clock.h"
#include "common/forward_target.h"
#include "common/interrupt_line.h"
#include "common/tlm_extensions.h"
#include "riscv/execute/hart.h"

namespace kilburn::riscv {

/// The machine timer of one hart. A hart that runs ahead of the kernel's time looks at it itself.
class HartTimer {
 public:
  virtual ~HartTimer() = default;
  /// The cycle from which MTIP is high; UINT64_MAX: none.
  [[nodiscard]] virtual Cycles next_event() const = 0;
  /// Raises MTIP where that has come.
  virtual void update(Cycles now) = 0;
};

/// Told of every end of a run for which the hart may have to stand still: stuck, debugger, waiting.
/// True: it is held, as by `hold`.
using HartWatcher = std::function<bool(RunEnd)>;

/// Time: temporally decoupled. The hart runs ahead of the kernel up to the next multiple of the
/// quantum, or to its next timer; WFI waits for a line or a timer. Reads of devices are made at the
/// hart's own time, without a wait; a write to a device, which may set a timer, ends the slice.
class HartModule final : public sc_core::sc_module,
                         public InterruptSink,
                         private HartBus,
                         private BackwardInitiator {
 public:
  tlm::tlm_initiator_socket<> bus{"bus"};

  struct Connections {
    mmu::Mmu& mmu;
    MainMemory& memory;
    Invalidator& invalidator;
    MachineTime& time;
    HartTimer& timer;
    cache::CacheModule* l1i = nullptr;  ///< this hart's alone; null: it has none
    cache::CacheModule* l1d = nullptr;
  };
  HartModule(const sc_core::sc_module_name& name, const HartConfig& config, unsigned index,
             const Connections& connections, Clock clock, Cycles quantum);
  ~HartModule() override { payload_.clear_extension(&requester_); }

  [[nodiscard]] Hart& hart() { return hart_; }
  [[nodiscard]] const Hart& hart() const { return hart_; }

  /// MSIP, MTIP, SEIP and MEIP by their numbers in mip, bits of hgeip behind
  /// hart_line::guest_external.
  void set(unsigned line, bool level) override;

  /// What its thread met, which has ended the simulation; null: nothing. SystemC would make a
  /// report of it.
  [[nodiscard]] std::exception_ptr error() const { return error_; }

  /// It waits for an interrupt line, and no timer is running.
  [[nodiscard]] bool asleep() const { return asleep_; }

  /// Of several watchers any may let it stand.
  void watch(HartWatcher watcher) { watchers_.push_back(std::move(watcher)); }
  /// From its next slice on: one may be waiting for a device now. Null detaches.
  void attach(Debugger* debugger) { debugger_ = debugger; }
  /// The same. Of what it lets pass it is told a count after each slice.
  void observe(AccessObserver* observer) { observer_ = observer; }
  /// No slice begins before `resume`.
  void hold() { held_ = true; }
  /// Also where it waits for an interrupt: its pc may have been set meanwhile.
  void resume() {
    held_ = false;
    resume_.notify(sc_core::SC_ZERO_TIME);
    wake_.notify(sc_core::SC_ZERO_TIME);
  }

  using SemihostingHandler =
      std::function<Semihosting(std::uint64_t operation, std::uint64_t parameter, Cycles now)>;
  void serve_semihosting(SemihostingHandler handler) { semihosting_ = std::move(handler); }

 private:
  void run();
  void run_slice();
  RunEnd run_hart(Cycles until);
  bool stands_still(RunEnd end);
  void wait_for_interrupt();

  BusReply read(Address address, unsigned bytes, Cycles now) override;
  BusReply write(Address address, std::uint64_t value, unsigned bytes, Cycles now) override;
  Cycles look_up(Address line, Traffic traffic, Cycles now) override;
  Semihosting semihosting(std::uint64_t operation, std::uint64_t parameter, Cycles now) override;
  BusReply transport(tlm::tlm_command command, Address address, std::uint64_t data, unsigned bytes,
                     Cycles now);

  [[nodiscard]] sc_core::sc_time delay_at(Cycles now) const;
  [[nodiscard]] Cycles cycles_since(Cycles now, const sc_core::sc_time& delay) const;

  MainMemory& memory_;
  HartTimer& timer_;
  cache::CacheModule* l1i_;
  cache::CacheModule* l1d_;
  Clock clock_;
  Cycles quantum_;
  Hart hart_;
  std::vector<HartWatcher> watchers_;
  SemihostingHandler semihosting_;
  Debugger* debugger_ = nullptr;
  Debugger* attached_ = nullptr;  ///< to hart_
  AccessObserver* observer_ = nullptr;
  AccessObserver* observed_by_ = nullptr;  ///< hart_; null, too, where the observer lets pass
  bool held_ = false;
  sc_core::sc_event wake_;
  sc_core::sc_event resume_;
  bool asleep_ = false;
  std::exception_ptr error_;
  tlm::tlm_generic_payload payload_;
  RequesterExtension requester_;
};

}  // namespace kilburn::riscv
