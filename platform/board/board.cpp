#include "platform/board/board.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <exception>
#include <utility>

#include "common/error.h"
#include "kilburn/board.h"
#include "mmu/mmu.h"
#include "platform/node/first_level_tlb.h"
#include "platform/process/sanitizer_stack.h"
#include "platform/software/device_tree.h"
#include "platform/software/loader.h"
#include "platform/software/reset_vector.h"

namespace kilburn::board {

using platform::PlatformConfig;

namespace {

constexpr Cycles register_cycles = 4;

/// The platform's own targets on the interconnect.
enum Device : std::uint32_t {
  rom_target,
  aclint_target,
  plic_target,
  uart_target,
  rtc_target,
  finisher_target,
  device_count
};

interconnect::AddressMap address_map(const PlatformConfig& config) {
  interconnect::AddressMap map;
  const memory::StorageConfig storage = platform::storage_of(config);
  map.add({storage.base, storage.bytes, platform::memory_target, "memory"});
  // Only the memory can be put elsewhere: what overlaps overlaps it.
  const auto add_range = [&](const interconnect::Range& range) {
    try {
      map.add(range);
    } catch (const InputError& error) {
      throw InputError(fmt::format("memory.base = {:#x}, memory.bytes = {}: {}",
                                   config.memory.storage.base, config.memory.storage.bytes,
                                   error.what()));
    }
  };
  add_range({BOARD_RMU, BOARD_RMU_BYTES, platform::rmu_target, "rmu registers", true});
  const auto add = [&](Address base, std::uint64_t bytes, unsigned device, const char* name) {
    add_range({base, bytes, unsigned{platform::target_count} + device, name, device != rom_target});
  };
  add(BOARD_ROM, BOARD_ROM_BYTES, rom_target, "rom");
  add(BOARD_ACLINT, BOARD_ACLINT_BYTES, aclint_target, "aclint");
  add(BOARD_PLIC, BOARD_PLIC_BYTES, plic_target, "plic");
  add(BOARD_UART, BOARD_UART_BYTES, uart_target, "uart");
  add(BOARD_RTC, BOARD_RTC_BYTES, rtc_target, "rtc");
  add(BOARD_FINISHER, BOARD_FINISHER_BYTES, finisher_target, "finisher");
  // A hart begins where there is something to fetch.
  const interconnect::Range* first = map.find(config.riscv.reset_vector, 2);
  if (first == nullptr || (first->name != "rom" && first->name != "memory")) {
    throw InputError(fmt::format(
        "riscv.reset_vector = {:#x}: allowed are addresses of memory, [{:#x}, {:#x}], and of the "
        "ROM, [{:#x}, {:#x}]",
        config.riscv.reset_vector, storage.base, storage.base + (storage.bytes - 1), BOARD_ROM,
        BOARD_ROM + (BOARD_ROM_BYTES - 1)));
  }
  return map;
}

std::vector<riscv::MainMemory::Region> regions_of(memory::Storage& storage,
                                                  const PlatformConfig& config) {
  const Address base = config.memory.storage.base;
  const std::uint64_t bytes = config.memory.storage.bytes;  // without the RMU's carve-out
  return {{base, {storage.host(base, bytes), bytes}}};
}

std::string isa_of(const PlatformConfig& config) {
  const page_table_walker::WalkerConfig& walker = config.mmu.service.walker;
  const bool svadu = walker.ad_update != page_table_walker::AdUpdate::fault;
  return fmt::format("rv64imafdc{}_zicntr_zicsr_zifencei_zihpm_zba_zbb_zbs_sstc{}_svinval{}",
                     config.riscv.hypervisor ? "h" : "", svadu ? "_svadu" : "",
                     walker.svnapot ? "_svnapot" : "");
}

/// What harts that software can see through must be able to do.
PlatformConfig checked(PlatformConfig config) {
  if (config.mmu.service.walker.svpbmt) {
    throw InputError(
        "mmu.walker.svpbmt: true: allowed is false with software, as its harts do not have Svpbmt");
  }
  if (config.rmu.enabled && config.mmu.service.check_ownership &&
      config.rmu.uncovered == rmu::Uncovered::deny) {
    throw InputError(fmt::format(
        "rmu.uncovered: deny: allowed with software is realm_0 or all: harts begin in the boot "
        "ROM, "
        "{:#x} to {:#x}, and reach devices below {:#x}, none of which the ownership table covers",
        BOARD_ROM, BOARD_ROM + BOARD_ROM_BYTES - 1, config.memory.storage.base));
  }
  config.riscv.adue = config.mmu.service.walker.ad_update == page_table_walker::AdUpdate::svadu;
  return config;
}

std::string_view mmu_type(PagingMode mode) {
  switch (mode) {
    case PagingMode::sv39:
      return "riscv,sv39";
    case PagingMode::sv48:
      return "riscv,sv48";
    case PagingMode::sv57:
      return "riscv,sv57";
    case PagingMode::bare:
      break;
  }
  return "riscv,none";
}

}  // namespace

/// A hart with its TLBs and its timer.
struct Board::HartBlock {
  class Timer final : public riscv::HartTimer {
   public:
    explicit Timer(unsigned hart) : hart_(hart) {}
    void connect(interrupt::Aclint& aclint) { aclint_ = &aclint; }
    [[nodiscard]] Cycles next_event() const override { return aclint_->next_event(hart_); }
    void update(Cycles now) override { aclint_->update(hart_, now); }

   private:
    unsigned hart_;
    interrupt::Aclint* aclint_ = nullptr;
  };

  HartBlock(Board& board, unsigned number)
      : timer(number),
        mmu(board.config_.mmu.first_level, board.memory_system_.service(),
            fmt::format("hart {} TLBs", number), board.config_.mmu.service.invalidation_cycles,
            [&board, number](const mmu::FirstLevelConfig& config, std::string_view path) {
              return board.make_tlb(number, config, path);
            }),
        module(fmt::format("hart{}", number).c_str(), board.config_.riscv, number,
               {.mmu = mmu,
                .memory = board.main_memory_,
                .invalidator = board.memory_system_.invalidator(),
                .time = board.time_,
                .timer = timer},
               board.clock_, board.config_.clock.quantum_cycles) {}

  Timer timer;
  mmu::Mmu mmu;
  riscv::HartModule module;
};

Board::Board(const sc_core::sc_module_name& name, const PlatformConfig& config,
             BoardOptions options, host::Console& console)
    : sc_module(name),
      config_(checked(config)),
      options_(std::move(options)),
      console_(console),
      clock_(platform::period_of(config.clock)),
      cycles_hz_(std::uint64_t{config.clock.frequency_mhz} * 1'000'000),
      time_(Timebase(BOARD_TIMEBASE_HZ, cycles_hz_)),
      memory_system_(config,
                     {.map = address_map(config),
                      .targets = unsigned{platform::target_count} + device_count,
                      .initiators = config.riscv.harts,
                      .l2_clients = 0,
                      .mode = config.riscv.largest_mode},
                     clock_),
      main_memory_(regions_of(memory_system_.storage(), config), config.riscv.harts),
      harts_([&] {
        std::vector<std::unique_ptr<HartBlock>> harts;
        for (unsigned i = 0; i < config.riscv.harts; ++i) {
          harts.push_back(std::make_unique<HartBlock>(*this, i));
        }
        return harts;
      }()),
      rom_("rom", BOARD_ROM, BOARD_ROM_BYTES, clock_, register_cycles),
      aclint_("aclint", time_, clock_, register_cycles, sinks()),
      plic_("plic", clock_, register_cycles, sinks()),
      uart_("uart", cycles_hz_, clock_, register_cycles, console,
            interrupt::InterruptLine(plic_.plic(), BOARD_IRQ_UART)),
      rtc_("rtc", config.rtc, cycles_hz_, clock_, register_cycles,
           interrupt::InterruptLine(plic_.plic(), BOARD_IRQ_RTC)),
      finisher_("finisher", clock_, register_cycles, [this](const finisher::Outcome& outcome) {
        using Kind = finisher::Outcome::Kind;
        switch (outcome.kind) {
          case Kind::pass:
            return end({.kind = host::RunOutcome::Kind::passed, .code = 0, .message = {}});
          case Kind::fail:
            return end(
                {.kind = host::RunOutcome::Kind::failed, .code = outcome.code, .message = {}});
          case Kind::reset:
            return end({.kind = host::RunOutcome::Kind::reset, .code = 0, .message = {}});
        }
      }) {
  bind_targets();
  for (unsigned i = 0; i < harts(); ++i) connect_hart(i);
  memory_system_.watch_table_writes([this](Address address, std::uint64_t bytes) {
    if (main_memory_.find(address, bytes) != nullptr) main_memory_.written(address, bytes);
  });
  load();
  sc_core::sc_spawn([this] { watch_for_the_end(); }, "watch_for_the_end");
}

Board::~Board() = default;

std::unique_ptr<burst_tlb::Tlb> Board::make_tlb(unsigned hart, const mmu::FirstLevelConfig& config,
                                                std::string_view path) {
  platform::Waveform* waveform = options_.waveform;
  if (waveform == nullptr || waveform->options().hart != hart) {
    return platform::make_first_level_tlb(config, path);
  }
  return waveform->make_tlb(config, path, [this, hart]() -> std::optional<Cycles> {
    const Cycles now = harts_[hart]->module.hart().cycles();
    if (!options_.waveform->covers(now)) return std::nullopt;
    return now;
  });
}

riscv::HartModule& Board::hart(unsigned number) {
  return harts_[number]->module;
}

std::vector<interrupt::InterruptSink*> Board::sinks() const {
  std::vector<interrupt::InterruptSink*> sinks;
  for (const auto& hart : harts_) sinks.push_back(&hart->module);
  return sinks;
}

void Board::bind_targets() {
  memory_system_.target(rom_target).bind(rom_.bus);
  memory_system_.target(aclint_target).bind(aclint_.registers);
  memory_system_.target(plic_target).bind(plic_.registers);
  memory_system_.target(uart_target).bind(uart_.registers);
  memory_system_.target(rtc_target).bind(rtc_.registers);
  memory_system_.target(finisher_target).bind(finisher_.registers);
}

void Board::connect_hart(unsigned number) {
  HartBlock& block = *harts_[number];
  block.timer.connect(aclint_.aclint());
  block.module.bus.bind(memory_system_.initiator(number));
  memory_system_.invalidation_bus().add(block.mmu);
  memory_system_.invalidation_bus().add(block.module.hart());
  block.module.watch([this, number](riscv::RunEnd reason) {
    if (reason != riscv::RunEnd::stuck) return false;
    const auto& failure = harts_[number]->module.hart().failure();
    end({.kind = host::RunOutcome::Kind::stuck,
         .code = 0,
         .message = fmt::format("hart {}: {} (pc {:#x}, cause {})", number, failure->reason,
                                failure->pc, static_cast<unsigned>(failure->cause))});
    return true;
  });
  if (!options_.semihosting) return;
  block.module.serve_semihosting(
      [this, number](std::uint64_t operation, std::uint64_t parameter, Cycles now) {
        return serve_semihosting(number, operation, parameter, now);
      });
}

void Board::load() {
  memory::Storage& storage = memory_system_.storage();
  const software::AddressRange memory{config_.memory.storage.base, config_.memory.storage.bytes};
  software::Loader loader(memory, [&](Address address, std::span<const std::byte> bytes) {
    return storage.write(address, bytes);
  });
  const Software& software = options_.software;
  software::BoardConfig tree{.harts = config_.riscv.harts,
                             .isa = isa_of(config_),
                             .mmu_type = std::string(mmu_type(config_.riscv.largest_mode)),
                             .memory = memory,
                             .rmu = config_.rmu.enabled,
                             .bootargs = software.append,
                             .initrd = std::nullopt};
  program_.emplace(loader.load_elf(software.elf));
  connect_htif();
  software::BootTarget target{.entry = program_->entry(), .device_tree = 0, .next = 0};
  if (!software.kernel.empty()) target.next = loader.load_kernel(software.kernel);
  if (!software.initrd.empty()) tree.initrd = loader.load_initrd(software.initrd, target.next);
  std::vector<std::byte> blob = software::device_tree(tree);
  if (!software.overlay.empty()) blob = software::apply_overlay(blob, software.overlay);
  target.device_tree = loader.load_device_tree(blob);
  rom_.fill(software::reset_vector(target));
}

void Board::end(host::RunOutcome outcome) {
  if (outcome_ || (before_end_ && before_end_(outcome))) return;
  outcome_ = std::move(outcome);
  sc_core::sc_stop();
}

/// Now and then: the console's input, tohost, the user's patience.
void Board::watch_for_the_end() {
  const sc_core::sc_time pause(static_cast<double>(microseconds_between_looks), sc_core::SC_US);
  const sc_core::sc_time timeout =
      options_.timeout == UINT64_MAX ? sc_core::sc_max_time() : clock_.cycles(options_.timeout);
  while (!outcome_) {
    wait(pause);
    poll_console();
    if (htif_) {
      if (auto outcome = htif_->look()) end(*std::move(outcome));
    }
    if (options_.progress) options_.progress(instructions());
    if (idle()) end({.kind = host::RunOutcome::Kind::idle, .code = 0, .message = {}});
    if (options_.interrupt != nullptr && options_.interrupt->load(std::memory_order_relaxed)) {
      end({.kind = host::RunOutcome::Kind::interrupted, .code = 0, .message = {}});
    } else if (sc_core::sc_time_stamp() >= timeout) {
      end({.kind = host::RunOutcome::Kind::timeout, .code = 0, .message = {}});
    }
  }
}

/// Nothing that could end the harts' sleep will come.
bool Board::idle() const {
  return rtc_.rtc().next_event() == UINT64_MAX && uart_.uart().next_event() == UINT64_MAX &&
         console_.ended() &&
         std::ranges::all_of(harts_, [](const auto& hart) { return hart->module.asleep(); });
}

void Board::poll_console() {
  if (options_.semihosting) return;
  const Cycles now = clock_.now(sc_core::SC_ZERO_TIME);
  while (uart_.uart().can_receive()) {
    const auto byte = console_.get();
    if (!byte) return;
    uart_.receive(*byte, now);
  }
}

host::RunOutcome Board::simulate() {
  // What ended the run is told by whoever asks for the outcome.
  sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_INFO,
                                          sc_core::SC_DO_NOTHING);
  sc_core::sc_start();
  platform::restore_sanitizer_stack();
  for (const auto& hart : harts_) {
    if (const std::exception_ptr error = hart->module.error()) std::rethrow_exception(error);
  }
  return outcome_.value_or(host::RunOutcome{});
}

bool Board::peek(Address address, std::span<std::byte> bytes) {
  const software::AddressRange rom{BOARD_ROM, BOARD_ROM_BYTES};
  if (!rom.contains({address, bytes.size()})) return memory_system_.storage().read(address, bytes);
  return rom_.read(address, bytes);
}

bool Board::poke(Address address, std::span<const std::byte> bytes) {
  if (main_memory_.find(address, bytes.size()) == nullptr) return false;
  if (!memory_system_.storage().write(address, bytes)) return false;
  main_memory_.written(address, bytes.size());
  return true;
}

std::uint64_t Board::instructions() const {
  std::uint64_t sum = 0;
  for (const auto& hart : harts_) sum += hart->module.hart().instructions();
  return sum;
}

Cycles Board::cycles() const {
  Cycles most = 0;
  for (const auto& hart : harts_) most = std::max(most, hart->module.hart().cycles());
  return most;
}

void Board::visit(StatisticVisitor& v) const {
  for (unsigned i = 0; i < harts_.size(); ++i) {
    const riscv::Hart& hart = harts_[i]->module.hart();
    v.enter(fmt::format("hart{}", i));
    v.counter("instructions", hart.instructions(), "instructions", "instructions retired");
    v.counter("cycles", hart.cycles(), "cycles", "cycles until the end of the run");
    harts_[i]->mmu.visit(v, config_.riscv.largest_mode);
    v.leave();
  }
  v.enter("mmu");
  memory_system_.service().visit(v, config_.riscv.largest_mode);
  v.leave();
  memory_system_.visit_rmu(v);
  v.enter("cache");
  v.block("l2", memory_system_.l2());
  v.leave();
  memory_system_.visit_bus(v);
  v.block("aclint", aclint_.aclint().statistics());
  v.block("plic", plic_.plic().statistics());
  v.block("uart", uart_.uart().statistics());
  v.block("rtc", rtc_.rtc().statistics());
}

}  // namespace kilburn::board
