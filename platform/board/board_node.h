// A node of a board: harts and devices with the memory map of QEMU's `virt` machine.
//
//   harts --- main memory (host pointers behind their burst TLBs); L1I, L1D -> L2 cache (time)
//     |  \--- interconnect -> devices, RMU registers
//     +------ misses -> node: translation service, L2 cache, memory
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/timebase.h"
#include "device/surroundings.h"
#include "iommu/iommu.h"
#include "platform/host/console.h"
#include "platform/host/htif.h"
#include "platform/host/run_outcome.h"
#include "platform/host/semihosting.h"
#include "platform/node/devices.h"
#include "platform/node/functions.h"
#include "platform/node/node.h"
#include "platform/node/platform_config.h"
#include "platform/software/elf_file.h"
#include "platform/waveform/waveform.h"
#include "riscv/execute/hart_module.h"

namespace kilburn::board {

/// What runs on a node.
struct Software {
  std::string elf;     ///< a bare program, or the firmware where there is a kernel
  std::string kernel;  ///< Linux Image (or ELF), started by the firmware in supervisor mode
  std::string initrd;
  std::string append;   ///< the kernel's command line
  std::string overlay;  ///< of the device tree (.dtbo)
};

/// What a node needs of whoever runs it.
struct NodeHost {
  host::Console& console;
  std::function<void(host::RunOutcome)> end;  ///< asks for the end of the run
  std::function<bool()> ended;                ///< it has come
  /// Semihosting calls are served; the console's input is theirs, not the UART's.
  bool semihosting = false;
  platform::Waveform* waveform = nullptr;  ///< shows the TLBs of its hart; null: none
};

/// Of simulated time; at console, tohost and the user.
inline constexpr std::uint64_t microseconds_between_looks = 100;

/// Its modules belong to the module in whose constructor it is made.
class BoardNode {
 public:
  /// Loads the software. Throws InputError naming the file and what is wrong with it.
  BoardNode(const platform::PlatformConfig& config, const Software& software, NodeHost host);
  ~BoardNode();
  BoardNode(const BoardNode&) = delete;
  BoardNode& operator=(const BoardNode&) = delete;
  BoardNode(BoardNode&&) = delete;
  BoardNode& operator=(BoardNode&&) = delete;

  /// Now and then: the console's input, tohost.
  void look_at_host();
  /// Nothing that could end the harts' sleep will come: no device is at work, no input will come.
  [[nodiscard]] bool idle() const;
  /// Throws what a hart met: LockstepError, where its TLB is in lock step with RTL and differs.
  void rethrow_errors() const;

  /// Physical memory, ROM included, as a debugger reads and writes it. False: not all of it is
  /// memory (or, to be written, main memory).
  [[nodiscard]] bool peek(Address address, std::span<std::byte> bytes);
  [[nodiscard]] bool poke(Address address, std::span<const std::byte> bytes);

  void visit(StatisticVisitor& v) const;
  [[nodiscard]] std::uint64_t instructions() const;
  [[nodiscard]] Cycles cycles() const;
  [[nodiscard]] const platform::PlatformConfig& config() const { return config_; }
  [[nodiscard]] const software::ElfFile* program() const { return program_ ? &*program_ : nullptr; }
  [[nodiscard]] memory::Storage& storage() { return node_.storage(); }
  [[nodiscard]] const memory::Storage& storage() const { return node_.storage(); }
  [[nodiscard]] unsigned harts() const { return static_cast<unsigned>(harts_.size()); }
  [[nodiscard]] riscv::HartModule& hart(unsigned number);
  /// Null: the board has none.
  [[nodiscard]] iommu::Iommu* iommu() const;

 private:
  struct HartBlock;
  class CallingHart;
  /// The inputs of the interrupt controller, which is a device itself, and made after it is named.
  class Inputs final : public InterruptSink {
   public:
    void connect(InterruptSink& controller) { controller_ = &controller; }
    void set(unsigned line, bool level) override { controller_->set(line, level); }

   private:
    InterruptSink* controller_ = nullptr;
  };

  [[nodiscard]] std::vector<std::unique_ptr<HartBlock>> make_harts();
  [[nodiscard]] std::unique_ptr<burst_tlb::Tlb> make_tlb(unsigned hart,
                                                         const mmu::FirstLevelConfig& config,
                                                         std::string_view path);
  [[nodiscard]] device::Surroundings surroundings();
  void connect_hart(unsigned number);
  void connect_external_interrupts(unsigned number);
  void load(const Software& software);
  [[nodiscard]] std::vector<device::TreeNodes> tree_nodes() const;
  void end(const device::End& end) const;
  void poll_console();
  void connect_htif();
  void serve_htif(unsigned writer);
  [[nodiscard]] riscv::HartBus::Semihosting serve_semihosting(unsigned number,
                                                              std::uint64_t operation,
                                                              std::uint64_t parameter, Cycles now);

  platform::PlatformConfig config_;
  NodeHost host_;
  Clock clock_;
  std::uint64_t cycles_hz_;
  MachineTime time_;
  platform::Node node_;
  riscv::MainMemory main_memory_;
  std::vector<InterruptSink*> sinks_;  ///< the harts
  std::vector<std::unique_ptr<HartBlock>> harts_;
  Inputs inputs_;
  device::TranslatedPath path_;
  device::Surroundings surroundings_;
  platform::Devices devices_;
  platform::Functions functions_;
  std::optional<software::ElfFile> program_;
  std::optional<host::Htif> htif_;
  bool htif_writes_ = false;
  host::Semihosting semihosting_;
};

}  // namespace kilburn::board
