#include "pcie/pcie_module.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "kilburn/board.h"

namespace kilburn::pcie {

namespace {

std::vector<InterruptLine> pins(InterruptSink& interrupts) {
  std::vector<InterruptLine> result;
  for (unsigned line = 0; line < lines; ++line) {
    result.emplace_back(interrupts, BOARD_IRQ_PCIE + line);
  }
  return result;
}

}  // namespace

/// A range of the host's addresses, by offset.
class PcieModule::Window final : public RegisterWindow {
 public:
  using Read = std::function<std::uint64_t(std::uint64_t offset, unsigned length, Cycles now)>;
  using Write =
      std::function<void(std::uint64_t offset, unsigned length, std::uint64_t value, Cycles now)>;
  Window(const char* name, std::uint64_t bytes, Clock clock, Cycles cycles, Read read, Write write)
      : RegisterWindow(name, bytes, clock, cycles),
        read_(std::move(read)),
        write_(std::move(write)) {}

 protected:
  [[nodiscard]] bool accepts_at(std::uint64_t /*offset*/, unsigned /*length*/) const override {
    return true;
  }
  [[nodiscard]] std::uint64_t read_at(std::uint64_t offset, unsigned length, Cycles now) override {
    return read_(offset, length, now);
  }
  void write_at(std::uint64_t offset, unsigned length, std::uint64_t value, Cycles now) override {
    write_(offset, length, value, now);
  }

 private:
  Read read_;
  Write write_;
};

class PcieModule::FunctionLink final : public Link {
 public:
  FunctionLink(PcieModule& host, RoutingId id) : host_(host), id_(id) {}
  [[nodiscard]] RoutingId id() const { return id_; }

  Completion request(const Request& request, Cycles now) override {
    if (request.type == AddressType::translation_request) return ask(request, now);
    const dma::Requester requester{.device = id_.value,
                                   .process = request.pasid,
                                   .type = request.type == AddressType::translated
                                               ? dma::AddressType::translated
                                               : dma::AddressType::untranslated};
    const Cycles data =
        (request.data.size() + host_.config_.bytes_per_cycle - 1) / host_.config_.bytes_per_cycle;
    // What is written goes out before memory sees it, what is read comes in afterwards.
    Cycles then = now + host_.config_.dma_cycles / 2;
    if (request.write) then = carry(to_memory_, then, data);
    const dma::DmaReply reply =
        request.write ? host_.port_.write(requester, request.address, request.data, then)
                      : host_.port_.read(requester, request.address, request.data, then);
    then += reply.latency;
    if (!request.write && reply.ok()) then = carry(from_memory_, then, data);
    then += host_.config_.dma_cycles - host_.config_.dma_cycles / 2;
    return {.status = status_of(reply), .latency = then - now};
  }
  void set_intx(unsigned pin, bool level) override { host_.bridge_.set_intx(id_, pin, level); }

 private:
  static Status status_of(const dma::DmaReply& reply) {
    if (reply.ok()) return Status::success;
    return reply.by_memory ? Status::completer_abort : Status::unsupported;
  }
  Completion ask(const Request& request, Cycles now) {
    const Cycles way = host_.config_.dma_cycles;
    if (host_.agent_ == nullptr) return {.status = Status::unsupported, .latency = way};
    const dma::AtsReply reply =
        host_.agent_->translation_request({.device = id_.value, .process = request.pasid},
                                          request.address, !request.write, now + way / 2);
    Completion completion{.latency = way + reply.latency,
                          .translation = {.address = reply.address,
                                          .bytes = reply.bytes,
                                          .readable = reply.readable,
                                          .writable = reply.writable,
                                          .executable = reply.executable,
                                          .global = reply.global,
                                          .untranslated_only = reply.untranslated_only}};
    switch (reply.status) {
      case dma::AtsReply::Status::success:
        break;
      case dma::AtsReply::Status::unsupported:
        completion.status = Status::unsupported;
        break;
      case dma::AtsReply::Status::abort:
        completion.status = Status::completer_abort;
        break;
    }
    return completion;
  }
  static Cycles carry(Cycles& busy_until, Cycles now, Cycles data) {
    busy_until = std::max(busy_until, now) + data;
    return busy_until;
  }

  PcieModule& host_;
  RoutingId id_;
  Cycles to_memory_ = 0;  ///< busy until
  Cycles from_memory_ = 0;
};

PcieModule::PcieModule(const sc_core::sc_module_name& name, Config config,
                       device::Surroundings& surroundings)
    : sc_module(name),
      config_(std::move(config)),
      clock_(surroundings.clock),
      memory64_(memory64_behind(surroundings.memory_end)),
      bridge_(pins(surroundings.interrupts)),
      port_(surroundings.iommu.translator == nullptr
                ? surroundings.dma_port("pcie", {})
                : surroundings.translated_port("pcie", *surroundings.iommu.translator)),
      agent_(surroundings.iommu.agent) {
  if (surroundings.iommu.connect) surroundings.iommu.connect(this);
  const auto memory_window = [this, &surroundings](const char* window, Address base,
                                                   std::uint64_t bytes) {
    return std::make_unique<Window>(
        window, bytes, surroundings.clock, config_.memory_cycles,
        [this, base](std::uint64_t offset, unsigned length, Cycles now) {
          return bridge_.memory_read(base + offset, length, now);
        },
        [this, base](std::uint64_t offset, unsigned length, std::uint64_t value, Cycles now) {
          bridge_.memory_write(base + offset, length, value, now);
        });
  };
  ecam_ = std::make_unique<Window>(
      "ecam", BOARD_ECAM_BYTES, surroundings.clock, config_.config_cycles,
      [this](std::uint64_t offset, unsigned length, Cycles /*now*/) {
        return bridge_.config_read(offset, length);
      },
      [this](std::uint64_t offset, unsigned length, std::uint64_t value, Cycles now) {
        bridge_.config_write(offset, length, value, now);
      });
  // I/O space has no functions: all ones.
  ports_ = std::make_unique<Window>(
      "ports", BOARD_PCIE_PORTS_BYTES, surroundings.clock, config_.memory_cycles,
      [](std::uint64_t, unsigned, Cycles) { return UINT64_MAX; },
      [](std::uint64_t, unsigned, std::uint64_t, Cycles) {});
  memory_ = memory_window("memory", BOARD_PCIE_MEMORY, BOARD_PCIE_MEMORY_BYTES);
  memory_wide_ = memory_window("memory64", memory64_, BOARD_PCIE_MEMORY64_BYTES);
}

PcieModule::~PcieModule() = default;

Link& PcieModule::link(RoutingId id) {
  const auto known = std::ranges::find(links_, id, [](const auto& link) { return link->id(); });
  if (known != links_.end()) return **known;
  return *links_.emplace_back(std::make_unique<FunctionLink>(*this, id));
}

Function* PcieModule::ats_function(std::uint32_t device) const {
  if (device > UINT16_MAX) return nullptr;
  Function* const function = bridge_.find(RoutingId{static_cast<std::uint16_t>(device)});
  return function != nullptr && function->ats_enabled() ? function : nullptr;
}

std::optional<Cycles> PcieModule::invalidate(const Invalidation& invalidation, Cycles now) {
  Function* const function = ats_function(invalidation.device);
  if (function == nullptr) return std::nullopt;
  const Cycles way = config_.dma_cycles / 2;
  return 2 * way + function->invalidate(invalidation, now + way);
}

void PcieModule::respond(const GroupResponse& response, Cycles now) {
  if (Function* const function = ats_function(response.device)) {
    function->respond(response, now + config_.dma_cycles / 2);
  }
}

void PcieModule::remove(Function& function) {
  std::erase(functions_, &function);
  bridge_.remove(function);
}

std::vector<device::Range> PcieModule::ranges() {
  return {{BOARD_PCIE_PORTS, BOARD_PCIE_PORTS_BYTES, ports_->registers},
          {BOARD_ECAM, BOARD_ECAM_BYTES, ecam_->registers},
          {BOARD_PCIE_MEMORY, BOARD_PCIE_MEMORY_BYTES, memory_->registers},
          {memory64_, BOARD_PCIE_MEMORY64_BYTES, memory_wide_->registers}};
}

Cycles PcieModule::next_event() const {
  Cycles next = Timebase::never;
  for (const Function* function : functions_) next = std::min(next, function->next_event());
  return next;
}

Address PcieModule::memory64_behind(Address memory_end) {
  constexpr Address bytes = BOARD_PCIE_MEMORY64_BYTES;
  return (memory_end + bytes - 1) / bytes * bytes;
}

device::TreeNodes PcieModule::nodes(Address memory64, bool iommu) {
  return {.bus = [memory64, iommu](device::TreeWriter& tree) {
    tree.node(device::node_name("pci", BOARD_ECAM), [&] {
      tree.label("pcie");
      constexpr std::uint32_t io = 0x0100'0000;
      constexpr std::uint32_t memory = 0x0200'0000;
      constexpr std::uint32_t memory_wide = 0x0300'0000;
      const auto high = [](std::uint64_t value) { return static_cast<std::uint32_t>(value >> 32); };
      const auto low = [](std::uint64_t value) { return static_cast<std::uint32_t>(value); };
      const device::WiredController& controller = tree.wired_controller();
      // A pin of each of four devices: after those the lines repeat.
      std::vector<std::uint32_t> map;
      for (std::uint32_t device = 0; device < lines; ++device) {
        for (std::uint32_t pin = 1; pin <= lines; ++pin) {
          map.insert(map.end(), {device << 11, 0, 0, pin, tree.phandle(controller.label),
                                 BOARD_IRQ_PCIE + HostBridge::line_of(device, pin)});
          if (controller.senses) map.push_back(device::level_high);
        }
      }
      tree.cells("interrupt-map-mask", {0x1800, 0, 0, 7});
      tree.cells("interrupt-map", map);
      tree.cells("ranges", {io,
                            0,
                            0,
                            high(BOARD_PCIE_PORTS),
                            low(BOARD_PCIE_PORTS),
                            0,
                            low(BOARD_PCIE_PORTS_BYTES),  //
                            memory,
                            high(BOARD_PCIE_MEMORY),
                            low(BOARD_PCIE_MEMORY),
                            high(BOARD_PCIE_MEMORY),
                            low(BOARD_PCIE_MEMORY),
                            0,
                            low(BOARD_PCIE_MEMORY_BYTES),  //
                            memory_wide,
                            high(memory64),
                            low(memory64),
                            high(memory64),
                            low(memory64),
                            high(BOARD_PCIE_MEMORY64_BYTES),
                            low(BOARD_PCIE_MEMORY64_BYTES)});
      tree.wide_cells("reg", {BOARD_ECAM, BOARD_ECAM_BYTES});
      if (iommu) tree.cells("iommu-map", {0, tree.phandle("iommu"), 0, 0x10000});
      if (!controller.messages.empty()) {
        tree.cells("msi-parent", {tree.phandle(controller.messages)});
      }
      tree.flag("dma-coherent");
      tree.cells("bus-range", {0, 0xff});
      tree.cells("linux,pci-domain", {0});
      tree.texts("device_type", {"pci"});
      tree.texts("compatible", {"pci-host-ecam-generic"});
      tree.cells("#size-cells", {2});
      tree.cells("#interrupt-cells", {1});
      tree.cells("#address-cells", {3});
    });
  }};
}

void PcieModule::visit(StatisticVisitor& v) const {
  v.enter(PcieDevice::name);
  bridge_.statistics().visit(v);
  for (const Function* function : functions_) {
    v.block(fmt::format("{:02x}.{}", function->id().device(), function->id().function()),
            *function);
  }
  v.leave();
}

}  // namespace kilburn::pcie
