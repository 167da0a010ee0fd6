// A board that runs RISC-V software, with the memory map of QEMU's `virt` machine.
//
//   harts --- main memory (host pointers behind their burst TLBs)
//     |  \--- interconnect -> ROM, ACLINT, PLIC, UART, RTC, finisher, RMU registers
//     +------ misses -> memory system: translation service, L2 cache, memory
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <systemc>

#include "finisher/finisher_module.h"
#include "interrupt/aclint_module.h"
#include "interrupt/plic_module.h"
#include "memory/rom_module.h"
#include "platform/host/console.h"
#include "platform/host/htif.h"
#include "platform/host/run_outcome.h"
#include "platform/host/semihosting.h"
#include "platform/node/memory_system.h"
#include "platform/node/platform_config.h"
#include "platform/software/elf_file.h"
#include "platform/waveform/waveform.h"
#include "riscv/execute/hart_module.h"
#include "rtc/rtc_module.h"
#include "uart/uart_module.h"

namespace kilburn::board {

/// What runs on a board.
struct Software {
  std::string elf;     ///< a bare program, or the firmware where there is a kernel
  std::string kernel;  ///< Linux Image (or ELF), started by the firmware in supervisor mode
  std::string initrd;
  std::string append;   ///< the kernel's command line
  std::string overlay;  ///< of the device tree (.dtbo)
};

struct BoardOptions {
  Software software;
  Cycles timeout = UINT64_MAX;  ///< of simulated time
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(std::uint64_t instructions)> progress{};
  /// Semihosting calls are served; the console's input is theirs, not the UART's.
  bool semihosting = false;
  platform::Waveform* waveform = nullptr;  ///< shows the TLBs of its hart; null: none
};

/// One of these makes a simulation: elaborate it, then `simulate`.
class Board final : public sc_core::sc_module {
 public:
  /// Loads the software. Throws InputError naming the file and what is wrong with it.
  Board(const sc_core::sc_module_name& name, const platform::PlatformConfig& config,
        BoardOptions options, host::Console& console);
  ~Board() override;

  /// Throws what a hart met: LockstepError, where its TLB is in lock step with RTL and differs.
  host::RunOutcome simulate();
  /// Asked before the run ends. True: it goes on.
  using EndWatcher = std::function<bool(const host::RunOutcome&)>;
  void before_end(EndWatcher watcher) { before_end_ = std::move(watcher); }
  /// Ends the run as the user's interrupt does.
  void interrupt() { end({.kind = host::RunOutcome::Kind::interrupted, .code = 0, .message = {}}); }

  /// Physical memory, ROM included, as a debugger reads and writes it. False: not all of it is
  /// memory (or, to be written, main memory).
  [[nodiscard]] bool peek(Address address, std::span<std::byte> bytes);
  [[nodiscard]] bool poke(Address address, std::span<const std::byte> bytes);

  void visit(StatisticVisitor& v) const;
  [[nodiscard]] std::uint64_t instructions() const;
  [[nodiscard]] Cycles cycles() const;
  [[nodiscard]] const platform::PlatformConfig& config() const { return config_; }
  [[nodiscard]] const software::ElfFile* program() const { return program_ ? &*program_ : nullptr; }
  [[nodiscard]] memory::Storage& storage() { return memory_system_.storage(); }
  [[nodiscard]] const memory::Storage& storage() const { return memory_system_.storage(); }
  [[nodiscard]] unsigned harts() const { return static_cast<unsigned>(harts_.size()); }
  [[nodiscard]] riscv::HartModule& hart(unsigned number);

 private:
  struct HartBlock;
  class CallingHart;
  /// Of simulated time; at console, tohost and the user.
  static constexpr std::uint64_t microseconds_between_looks = 100;
  [[nodiscard]] std::unique_ptr<burst_tlb::Tlb> make_tlb(unsigned hart,
                                                         const mmu::FirstLevelConfig& config,
                                                         std::string_view path);
  void connect_hart(unsigned number);
  void bind_targets();
  void load();
  void end(host::RunOutcome outcome);
  void watch_for_the_end();
  [[nodiscard]] bool idle() const;
  void poll_console();
  void connect_htif();
  void serve_htif(unsigned writer);
  [[nodiscard]] riscv::HartBus::Semihosting serve_semihosting(unsigned number,
                                                              std::uint64_t operation,
                                                              std::uint64_t parameter, Cycles now);
  [[nodiscard]] std::vector<interrupt::InterruptSink*> sinks() const;

  platform::PlatformConfig config_;
  BoardOptions options_;
  host::Console& console_;
  Clock clock_;
  std::uint64_t cycles_hz_;
  MachineTime time_;
  platform::MemorySystem memory_system_;
  riscv::MainMemory main_memory_;
  std::vector<std::unique_ptr<HartBlock>> harts_;
  memory::RomModule rom_;
  interrupt::AclintModule aclint_;
  interrupt::PlicModule plic_;
  uart::UartModule uart_;
  rtc::RtcModule rtc_;
  finisher::FinisherModule finisher_;
  std::optional<software::ElfFile> program_;
  std::optional<host::Htif> htif_;
  host::Semihosting semihosting_;
  EndWatcher before_end_;
  std::optional<host::RunOutcome> outcome_;
};

}  // namespace kilburn::board
