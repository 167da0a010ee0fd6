#include "platform/node/node.h"

#include <fmt/format.h>

#include <utility>

#include "common/error.h"

namespace kilburn::platform {

sc_core::sc_time period_of(const ClockConfig& clock) {
  return {1e6 / clock.frequency_mhz, sc_core::SC_PS};
}

Node::Node(const PlatformConfig& config, Shape shape, Clock clock)
    : config_(config),
      clock_(clock),
      storage_(storage_of(config)),
      memory_("memory", config.memory.dram, storage_, clock),
      interconnect_("interconnect", config.interconnect, clock),
      invalidator_(invalidation_bus_, clock, config.rmu.ack_timeout),
      rmu_("rmu", rmu_of(config), clock, invalidation_bus_),
      l2_("l2", config.cache.l2, 1 + shape.l2_clients,
          {config.memory.storage.base, config.memory.storage.bytes}, clock),
      service_("service", service_of(config, shape.mode),
               config.rmu.enabled ? &rmu_.rmu() : nullptr, clock) {
  add_target({memory_range(config)}).bind(memory_.bus);
  add_target({rmu_range(shape.rmu_registers)}).bind(rmu_.registers);
  service_.tables.socket.bind(l2_.above[0]);
  l2_.below.bind(interconnect_.add_initiator());
  rmu_.table.socket.bind(interconnect_.add_initiator());
  invalidation_bus_.add(service_.service());
}

/// Only the memory can be put elsewhere: what overlaps overlaps it.
tlm::tlm_initiator_socket<>& Node::add_target(std::vector<interconnect::Range> ranges) {
  try {
    return interconnect_.add_target(std::move(ranges));
  } catch (const InputError& error) {
    throw_memory_overlap(config_, error);
  }
}

void Node::add(device::Device& device) {
  for (const device::Range& range : device.ranges()) add(device.name(), range);
}

void Node::add(std::string_view name, const device::Range& range) {
  add_target({{.base = range.base,
               .bytes = range.bytes,
               .name = std::string(name),
               .relative = range.relative}})
      .bind(range.socket);
}

namespace {

/// As a hart's, but for the RTL, which stands in the place of a hart's TLBs alone.
mmu::MmuConfig of_a_device(mmu::MmuConfig first_level) {
  first_level.itlb.implementation = mmu::Implementation::model;
  first_level.dtlb.implementation = mmu::Implementation::model;
  return first_level;
}

}  // namespace

Node::DmaClient::DmaClient(Node& node, const char* name, const dma::DmaContext& context)
    : mmu(of_a_device(node.config_.mmu.first_level), node.service_.service(),
          fmt::format("TLB of {}", name), node.config_.mmu.service.invalidation_cycles),
      translator(mmu, context) {}

dma::DmaPort& Node::dma_port(const char* name, const dma::DmaContext& context) {
  auto own = std::make_unique<DmaClient>(*this, name, context);
  invalidation_bus_.add(own->mmu);
  dma::Translator& translator = own->translator;
  return add_port(name, std::move(own), translator);
}

dma::DmaPort& Node::dma_port(const char* name, dma::Translator& translator) {
  return add_port(name, nullptr, translator);
}

dma::DmaPort& Node::add_port(const char* name, std::unique_ptr<DmaClient> own,
                             dma::Translator& translator) {
  dma_ports_.push_back(
      {name, std::move(own), std::make_unique<dma::DmaPort>(name, translator, clock_)});
  dma::DmaPort& port = *dma_ports_.back().port;
  port.memory.bind(interconnect_.add_initiator());
  invalidation_bus_.add(port);
  return port;
}

device::TranslatedPath Node::translated_path(DeviceContexts contexts, PagingMode largest_mode) {
  return {.service = service(),
          .invalidator = invalidator(),
          .ownership = config_.rmu.enabled ? &rmu() : nullptr,
          .contexts = contexts,
          .largest_mode = largest_mode,
          .invalidation_cycles = config_.mmu.service.invalidation_cycles,
          .add_holder = [this](InvalidationHolder& holder) { invalidation_bus_.add(holder); },
          .connect =
              [this](tlm::tlm_initiator_socket<>& socket) {
                socket.bind(interconnect_.add_initiator());
              }};
}

bool Node::poke(Address address, std::span<const std::byte> bytes) {
  return memory_.poke(address, bytes);
}

NodeStatistics Node::statistics(PagingMode mode) const {
  return {.mode = mode,
          .service = service(),
          .rmu = rmu().statistics(),
          .l2 = l2_.statistics(),
          .interconnect = interconnect_.statistics(),
          .memory = memory_.statistics()};
}

void Node::visit_dma(StatisticVisitor& v) const {
  if (dma_ports_.empty()) return;
  v.enter("dma");
  for (const NamedPort& named : dma_ports_) {
    v.enter(named.name);
    named.port->statistics().visit(v);
    if (named.own) named.own->mmu.visit(v, config_.riscv.largest_mode);
    v.leave();
  }
  v.leave();
}

}  // namespace kilburn::platform
