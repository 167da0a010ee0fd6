// One RISC-V hart: RV64GC with Zba, Zbb, Zbs, Svinval, H, and the privileged architecture.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "common/invalidation.h"
#include "common/timebase.h"
#include "mmu/mmu.h"
#include "riscv/csr/control_state.h"
#include "riscv/decode/block.h"
#include "riscv/hart_config.h"
#include "riscv/memory/hart_bus.h"
#include "riscv/memory/main_memory.h"
#include "riscv/memory/memory_path.h"

namespace kilburn::riscv {

/// Why `run` returned.
enum class RunEnd : std::uint8_t {
  time,      ///< the hart has reached `until`
  waiting,   ///< WFI, and nothing pending that wakes it
  device,    ///< a device asked for it: interrupt lines and timers want a look
  debugger,  ///< a breakpoint before the instruction at pc, or an access that is watched behind it
  stuck,     ///< see Hart::failure
};

/// Why a hart cannot go on.
struct Failure {
  std::string reason;
  unsigned hart = 0;
  Address pc = 0;
  Cause cause{};
};

/// Modelled: every instruction of the extensions above, traps, interrupts between blocks, the
/// lookups and misses of its first-level TLBs (see MemoryPath) and caches (see FirstLevelCaches),
/// fences carried out by the Invalidator. Not modelled: pipeline, branch prediction, debug mode.
/// Time: an instruction takes `cycles_per_instruction`, to which misses, fences and devices add;
/// `stalls` has them by cause. The hart's cycles are its own: the caller keeps several harts, and
/// SystemC's time, together.
///
/// Plain and deterministic. With `fast_path` off every instruction is fetched through a lookup and
/// the bus and decoded anew; registers, memory, cycles and all statistics are the same.
class Hart final : public InvalidationHolder {
 public:
  struct Connections {
    mmu::Mmu& mmu;
    HartBus& bus;
    MainMemory& memory;  ///< shared by all harts
    Invalidator& invalidator;
    FirstLevelCaches::Tags caches{};  ///< of this hart; with Timing::caches
  };
  /// `time` outlives this; when it is set, call `time_set`.
  Hart(const HartConfig& config, unsigned index, Connections connections, const MachineTime& time);

  /// As the reset line does. Registers are zero but for the pc.
  void reset();

  /// Executes until `cycles()` has reached `until`, or something else ends it.
  RunEnd run(Cycles until);
  /// Time passes while the hart waits.
  void idle_until(Cycles cycle) {
    if (cycle <= cycles_) return;
    stalls_.wfi += cycle - cycles_;
    cycles_ = cycle;
  }
  /// The cycle at which an Sstc timer of this hart is due; UINT64_MAX: none is.
  [[nodiscard]] Cycles next_timer() const;
  /// Of the run that ended `stuck`.
  [[nodiscard]] const std::optional<Failure>& failure() const { return failure_; }

  /// Lines from outside: MSIP, MTIP, MEIP, SEIP. Looked at between blocks.
  void set_line(Interrupt interrupt, bool level) {
    control_.set_line(interrupt, level);
    look_around();
  }

  /// Bit `number` of hgeip. Looked at between blocks.
  void set_guest_line(unsigned number, bool level) {
    control_.set_guest_line(number, level);
    look_around();
  }
  /// With AIA, before the first run. It outlives this.
  void connect(ExternalInterrupts& external) { control_.connect(external); }

  /// Timers may be due earlier, or later.
  void time_set() { look_around(); }

  [[nodiscard]] Cycles cycles() const { return cycles_; }
  /// Where they went, beside `cycles_per_instruction` for each of `instructions`.
  [[nodiscard]] Stalls stalls() const;
  /// Invalidated.
  [[nodiscard]] std::uint64_t instructions() const { return executed_ - not_retired_; }
  /// Accesses of processes (AddressSpace) so far, fetches included: of those that an observer is
  /// shown. Between two calls of `run`.
  [[nodiscard]] std::uint64_t process_accesses() const {
    return process_fetches_ + memory_.process_accesses();
  }
  /// mtime.
  [[nodiscard]] std::uint64_t time() const { return time_.at(cycles_); }

  // For a debugger and for tests, between two calls of `run`.
  [[nodiscard]] std::uint64_t x(unsigned number) const { return x_[number]; }
  void set_x(unsigned number, std::uint64_t value) {
    if (number != 0) x_[number] = value;
  }
  [[nodiscard]] std::uint64_t f(unsigned number) const { return f_[number]; }
  void set_f(unsigned number, std::uint64_t value) { f_[number] = value; }
  [[nodiscard]] Address pc() const { return pc_; }
  /// Execution goes on there, also where the hart waited, or was stuck.
  void set_pc(Address pc);
  [[nodiscard]] const ControlState& control() const { return control_; }
  /// Of loads and stores: control().data_space(), at hand.
  [[nodiscard]] const AddressSpace& data_space() const { return memory_.data_space(); }
  [[nodiscard]] std::optional<std::uint64_t> csr(std::uint16_t number) const {
    return control_.peek(number, counters(cycles_, instructions()));
  }
  bool set_csr(std::uint16_t number, std::uint64_t value);
  /// Whoever is told of a write in the middle of `run` ends it behind the instruction at hand.
  void end_slice() { memory_.end_slice(); }
  /// Null detaches. Without one nothing is consulted.
  void attach(Debugger* debugger);
  void observe(AccessObserver* observer);

  [[nodiscard]] std::string holder_name() const override;
  void invalidate(const Invalidation& invalidation, InvalidationTicket ticket,
                  InvalidationBus& bus) override;

 private:
  /// The page that is executed through decoded blocks.
  struct FetchPage {
    Address va = no_address;
    boost::intrusive_ptr<CodePage> code;
  };
  /// Instructions fetched from one page through decoded blocks, after its lookup, which hit. What
  /// they are for TLB and L1I is counted at its end.
  struct FetchRun {
    bool active = false;
    bool translated = false;  ///< there are lookups in the TLB
    bool of_process = false;
    std::uint64_t begin = 0;          ///< instructions executed before
    std::uint64_t lines_fetched = 0;  ///< of the L1I: first lines that were not at hand
  };
  enum class FloatState : std::uint8_t { off, clean, dirty };
  static constexpr Address no_address = ~Address{0};

  // hart.cpp
  bool between_blocks();
  void look_around() { stop_ = 0; }
  void refresh(bool protection);
  void take_trap(const Exception& exception, Address pc);
  void fail(std::string reason, Address pc, Cause cause);
  [[nodiscard]] CounterValues counters(Cycles cycles, std::uint64_t instructions) const {
    return {.cycles = cycles, .instructions = instructions, .time = time_.at(cycles)};
  }

  // hart_fetch.cpp
  void run_block();
  void enter_page();
  void end_fetch_run();
  void fetch_line(Address line, Cycles now);
  void step();
  void step_at(const Located& first);
  [[nodiscard]] bool next_crosses_page(Address physical) const;

  // execute.cpp
  void execute(Block* block, CodePage* code) {
    if (memory_.caches().present()) {
      execute_timed<true>(block, code);
    } else {
      execute_timed<false>(block, code);
    }
  }
  template <bool cached>
  void execute_timed(Block* block, CodePage* code);
  void stop_behind(const Block& block, const Instruction* instruction);
  [[nodiscard]] Address pc_of(const Block& block, const Instruction* instruction) const;
  [[nodiscard]] Cycles now(const Block& block, const Instruction* instruction) const {
    return cycles_ + static_cast<Cycles>(instruction - block.code) * cycles_per_instruction_;
  }
  void raise(const Block& block, const Instruction* instruction, const Exception& exception);
  bool finish_access(const Block& block, const Instruction* instruction, Address va,
                     const AccessResult& result);
  std::optional<std::uint64_t> load(const Block& block, const Instruction* instruction, Address va,
                                    unsigned bytes);
  bool store(const Block& block, const Instruction* instruction, Address va, std::uint64_t value,
             unsigned bytes);
  std::optional<std::uint64_t> atomic(const Block& block, const Instruction* instruction);
  std::optional<std::uint64_t> hypervisor_access(const Block& block,
                                                 const Instruction* instruction);
  bool allow_float(const Block& block, const Instruction* instruction, bool writes);
  void set_float_flags(std::uint8_t flags);

  // execute_system.cpp
  void system(const Block& block, const Instruction* instruction);
  void csr_instruction(const Block& block, const Instruction* instruction);
  void break_point(const Block& block, const Instruction* instruction);
  [[nodiscard]] bool semihosting_call(Address pc) const;
  void refuse(const Block& block, const Instruction* instruction, Refusal refusal);
  void fence_translations(const Instruction& instruction);
  void carry_out(const Invalidation& invalidation);

  unsigned index_;
  Cycles cycles_per_instruction_;
  bool transformed_instructions_;
  FenceVa fence_va_;
  Address reset_vector_;
  const MachineTime& time_;
  HartBus& bus_;
  MainMemory& main_memory_;
  MainMemory::Presence& presence_;
  Invalidator& invalidator_;
  ControlState control_;
  MemoryPath memory_;
  Debugger* debugger_ = nullptr;
  AccessObserver* observer_ = nullptr;

  std::array<std::uint64_t, x_registers> x_{};
  std::array<std::uint64_t, 32> f_{};
  Address pc_ = 0;
  /// Virtual address of the page that is executed: blocks hold offsets in it.
  Address page_ = 0;
  Cycles cycles_ = 0;
  Cycles stop_ = 0;                ///< between blocks: go on below it
  Cycles until_ = 0;               ///< of this run
  std::uint64_t executed_ = 0;     ///< instructions fetched
  std::uint64_t not_retired_ = 0;  ///< of these, those that raised an exception
  Stalls stalls_;                  ///< but those of memory_, and of exceptions
  std::uint64_t process_fetches_ = 0;
  FloatState float_state_ = FloatState::off;
  bool waiting_ = false;  ///< in WFI

  FetchPage fetch_;
  FetchRun fetch_run_;
  unsigned left_ = 0;  ///< instructions that the block may yet have, in the middle of one; else 0
  std::array<Instruction, 2> single_code_{};  ///< of `step`
  RunEnd end_ = RunEnd::time;
  std::optional<Failure> failure_;
};

}  // namespace kilburn::riscv
