#include "platform/board/board_node.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "interrupt/aclint_module.h"
#include "iommu/iommu_module.h"
#include "kilburn/board.h"
#include "mmu/mmu.h"
#include "platform/board/board_config.h"
#include "platform/node/first_level_tlb.h"
#include "platform/software/device_tree.h"
#include "platform/software/loader.h"
#include "platform/software/reset_vector.h"
#include "rom/rom_module.h"
#include "uart/uart_module.h"

namespace kilburn::board {

using platform::PlatformConfig;

namespace {

constexpr Cycles register_cycles = 4;

std::vector<riscv::MainMemory::Region> regions_of(memory::Storage& storage,
                                                  const PlatformConfig& config) {
  const Address base = config.memory.storage.base;
  const std::uint64_t bytes = config.memory.storage.bytes;  // without the RMU's carve-out
  return {{base, {storage.host(base, bytes), bytes}}};
}

}  // namespace

/// A hart with its TLBs, its caches and its timer.
struct BoardNode::HartBlock {
  enum L2Client : std::uint32_t { l1i_client, l1d_client, l2_clients };

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

  HartBlock(BoardNode& board, unsigned number)
      : timer(number),
        mmu(board.config_.mmu.first_level, board.node_.service(),
            fmt::format("hart {} TLBs", number), board.config_.mmu.service.invalidation_cycles,
            [&board, number](const mmu::FirstLevelConfig& config, std::string_view path) {
              return board.make_tlb(number, config, path);
            }),
        l1i(make_cache(board, number, "l1i", board.config_.cache.l1i)),
        l1d(make_cache(board, number, "l1d", board.config_.cache.l1d)),
        module(fmt::format("hart{}", number).c_str(), board.config_.riscv, number,
               {.mmu = mmu,
                .memory = board.main_memory_,
                .invalidator = board.node_.invalidator(),
                .time = board.time_,
                .timer = timer,
                .l1i = l1i.get(),
                .l1d = l1d.get()},
               board.clock_, board.config_.clock.quantum_cycles) {}

  static std::unique_ptr<cache::CacheModule> make_cache(BoardNode& board, unsigned number,
                                                        std::string_view name,
                                                        const cache::CacheConfig& config) {
    if (!has_caches(board.config_)) return nullptr;
    const memory::StorageConfig& memory = board.config_.memory.storage;
    // Nobody sends it transactions: the hart calls it.
    return std::make_unique<cache::CacheModule>(
        fmt::format("hart{}_{}", number, name).c_str(), config, 0,
        cache::Cacheable{memory.base, memory.bytes}, board.clock_);
  }

  Timer timer;
  mmu::Mmu mmu;
  std::unique_ptr<cache::CacheModule> l1i;  ///< null with riscv.timing = ideal, as is the other
  std::unique_ptr<cache::CacheModule> l1d;
  riscv::HartModule module;
};

BoardNode::BoardNode(const PlatformConfig& config, const Software& software, NodeHost host)
    : config_(checked(config)),
      host_(std::move(host)),
      clock_(platform::period_of(config.clock)),
      cycles_hz_(std::uint64_t{config.clock.frequency_mhz} * 1'000'000),
      time_(Timebase(BOARD_TIMEBASE_HZ, cycles_hz_)),
      node_(config,
            {.rmu_registers = BOARD_RMU,
             .l2_clients = has_caches(config) ? config.riscv.harts * HartBlock::l2_clients : 0,
             .mode = config.riscv.largest_mode},
            clock_),
      main_memory_(regions_of(node_.storage(), config), config.riscv.harts,
                   has_caches(config) ? config.cache.l1i.line_bytes : 0),
      harts_(make_harts()),
      path_(node_.translated_path(DeviceContexts(config.riscv.harts), config.riscv.largest_mode)),
      surroundings_(surroundings()),
      devices_(config.devices, surroundings_),
      functions_(devices_.get<pcie::PcieDevice>(), config.devices.of<pcie::PcieDevice>(), clock_) {
  for (const auto& device : devices_) {
    if (InterruptSink* const inputs = device->inputs()) inputs_.connect(*inputs);
    node_.add(*device);
  }
  check_reset_vector(config_, node_.map());
  for (unsigned i = 0; i < harts(); ++i) connect_hart(i);
  node_.watch_writes([this](Address address, std::uint64_t bytes) {
    if (main_memory_.find(address, bytes) != nullptr) main_memory_.written(address, bytes);
  });
  load(software);
}

BoardNode::~BoardNode() = default;

std::vector<std::unique_ptr<BoardNode::HartBlock>> BoardNode::make_harts() {
  std::vector<std::unique_ptr<HartBlock>> harts;
  for (unsigned i = 0; i < config_.riscv.harts; ++i) {
    harts.push_back(std::make_unique<HartBlock>(*this, i));
    sinks_.push_back(&harts.back()->module);
  }
  return harts;
}

std::unique_ptr<burst_tlb::Tlb> BoardNode::make_tlb(unsigned hart,
                                                    const mmu::FirstLevelConfig& config,
                                                    std::string_view path) {
  platform::Waveform* waveform = host_.waveform;
  if (waveform == nullptr || waveform->options().hart != hart) {
    return platform::make_first_level_tlb(config, path);
  }
  return waveform->make_tlb(config, path, [this, hart]() -> std::optional<Cycles> {
    const Cycles now = harts_[hart]->module.hart().cycles();
    if (!host_.waveform->covers(now)) return std::nullopt;
    return now;
  });
}

device::Surroundings BoardNode::surroundings() {
  return {
      .board = config_.board,
      .clock = clock_,
      .cycles_hz = cycles_hz_,
      .time = time_,
      .register_cycles = register_cycles,
      .memory_end = storage().base() + storage().bytes(),
      .harts = sinks_,
      .interrupts = inputs_,
      .console = host_.console,
      .end = [this](const device::End& how) { end(how); },
      .dma_port = [this](const char* name, const dma::DmaContext& context) -> dma::DmaPort& {
        return node_.dma_port(name, context);
      },
      .translated_port = [this](const char* name, dma::Translator& translator) -> dma::DmaPort& {
        return node_.dma_port(name, translator);
      },
      .path = &path_};
}

riscv::HartModule& BoardNode::hart(unsigned number) {
  return harts_[number]->module;
}

iommu::Iommu* BoardNode::iommu() const {
  for (const auto& device : devices_) {
    if (auto* const module = dynamic_cast<iommu::IommuModule*>(device.get())) {
      return &module->iommu();
    }
  }
  return nullptr;
}

void BoardNode::connect_hart(unsigned number) {
  HartBlock& block = *harts_[number];
  block.timer.connect(devices_.get<interrupt::AclintDevice>().aclint());
  block.module.bus.bind(node_.add_hart());
  if (has_caches(config_)) {
    const unsigned first = number * HartBlock::l2_clients;
    block.l1i->below.bind(node_.l2_client(first + HartBlock::l1i_client));
    block.l1d->below.bind(node_.l2_client(first + HartBlock::l1d_client));
  }
  connect_external_interrupts(number);
  node_.invalidation_bus().add(block.mmu);
  node_.invalidation_bus().add(block.module.hart());
  block.module.watch([this, number](riscv::RunEnd reason) {
    if (reason != riscv::RunEnd::stuck) return false;
    const auto& failure = harts_[number]->module.hart().failure();
    host_.end({.kind = host::RunOutcome::Kind::stuck,
               .code = 0,
               .message = fmt::format("hart {}: {} (pc {:#x}, cause {})", number, failure->reason,
                                      failure->pc, static_cast<unsigned>(failure->cause))});
    return true;
  });
  if (!host_.semihosting) return;
  block.module.serve_semihosting(
      [this, number](std::uint64_t operation, std::uint64_t parameter, Cycles now) {
        return serve_semihosting(number, operation, parameter, now);
      });
}

void BoardNode::connect_external_interrupts(unsigned number) {
  for (const auto& device : devices_) {
    if (ExternalInterrupts* const external = device->external_interrupts(number)) {
      hart(number).hart().connect(*external);
      return;
    }
  }
}

void BoardNode::load(const Software& software) {
  const software::AddressRange memory{config_.memory.storage.base, config_.memory.storage.bytes};
  software::Loader loader(memory, [&](Address address, std::span<const std::byte> bytes) {
    return storage().write(address, bytes);
  });
  software::BoardConfig tree{.harts = config_.riscv.harts,
                             .isa = isa_of(config_),
                             .mmu_type = std::string(mmu_type_of(config_.riscv.largest_mode)),
                             .memory = memory,
                             .devices = tree_nodes(),
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
  devices_.get<rom::RomDevice>().fill(software::reset_vector(target));
}

std::vector<device::TreeNodes> BoardNode::tree_nodes() const {
  std::vector<device::TreeNodes> nodes;
  for (const auto& device : devices_) nodes.push_back(device->tree_nodes());
  if (config_.rmu.enabled) nodes.push_back(rmu_nodes());
  return nodes;
}

void BoardNode::end(const device::End& end) const {
  using Kind = host::RunOutcome::Kind;
  switch (end.kind) {
    case device::End::Kind::pass:
      return host_.end({.kind = Kind::passed, .code = 0, .message = {}});
    case device::End::Kind::fail:
      return host_.end({.kind = Kind::failed, .code = end.code, .message = {}});
    case device::End::Kind::reset:
      return host_.end({.kind = Kind::reset, .code = 0, .message = {}});
  }
}

void BoardNode::look_at_host() {
  poll_console();
  if (!htif_) return;
  if (auto outcome = htif_->look()) host_.end(*std::move(outcome));
}

bool BoardNode::idle() const {
  return devices_.next_event() == Timebase::never && host_.console.ended() &&
         std::ranges::all_of(harts_, [](const auto& hart) { return hart->module.asleep(); });
}

void BoardNode::rethrow_errors() const {
  for (const auto& hart : harts_) {
    if (const std::exception_ptr error = hart->module.error()) std::rethrow_exception(error);
  }
}

void BoardNode::poll_console() {
  if (host_.semihosting) return;
  auto& uart = devices_.get<uart::UartDevice>();
  const Cycles now = clock_.now(sc_core::SC_ZERO_TIME);
  while (uart.uart().can_receive()) {
    const auto byte = host_.console.get();
    if (!byte) return;
    uart.receive(*byte, now);
  }
}

bool BoardNode::peek(Address address, std::span<std::byte> bytes) {
  const software::AddressRange rom{BOARD_ROM, BOARD_ROM_BYTES};
  if (!rom.contains({address, bytes.size()})) return node_.peek(address, bytes);
  return devices_.get<rom::RomDevice>().read(address, bytes);
}

bool BoardNode::poke(Address address, std::span<const std::byte> bytes) {
  return main_memory_.find(address, bytes.size()) != nullptr && node_.poke(address, bytes);
}

std::uint64_t BoardNode::instructions() const {
  std::uint64_t sum = 0;
  for (const auto& hart : harts_) sum += hart->module.hart().instructions();
  return sum;
}

Cycles BoardNode::cycles() const {
  Cycles most = 0;
  for (const auto& hart : harts_) most = std::max(most, hart->module.hart().cycles());
  return most;
}

void BoardNode::visit(StatisticVisitor& v) const {
  for (unsigned i = 0; i < harts_.size(); ++i) {
    const riscv::Hart& hart = harts_[i]->module.hart();
    v.enter(fmt::format("hart{}", i));
    v.counter("instructions", hart.instructions(), "instructions", "instructions retired");
    v.counter("cycles", hart.cycles(), "cycles", "cycles until the end of the run");
    if (has_caches(config_)) {
      v.block("stall_cycles", hart.stalls());
      v.ratio("cycles_per_instruction", hart.cycles() - hart.stalls().wfi, hart.instructions(),
              "cycles/instruction", "cycles but those asleep, over all instructions");
    }
    harts_[i]->mmu.visit(v, config_.riscv.largest_mode);
    if (has_caches(config_)) {
      v.enter("cache");
      v.block("l1i", harts_[i]->l1i->statistics());
      v.block("l1d", harts_[i]->l1d->statistics());
      v.leave();
    }
    v.leave();
  }
  node_.statistics(config_.riscv.largest_mode).visit(v);
  node_.visit_dma(v);
  devices_.visit(v);
}

}  // namespace kilburn::board
