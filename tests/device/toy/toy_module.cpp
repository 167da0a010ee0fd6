#include "toy/toy_module.h"

#include <algorithm>

namespace kilburn::toy {

namespace {
constexpr Address base = 0x1030'0000;
constexpr std::uint64_t range_bytes = 0x1000;
constexpr unsigned interrupt_source = 20;
constexpr std::uint64_t most_bytes = 1 << 20;
}  // namespace

ToyModule::ToyModule(const sc_core::sc_module_name& name, const Config& config,
                     device::Surroundings& surroundings)
    : RegisterModule(name, 8 * registers_end, surroundings.clock, surroundings.register_cycles),
      config_(config),
      interrupt_(surroundings.interrupts, interrupt_source),
      memory_(surroundings.dma_port("toy", {})) {
  SC_METHOD(copy);
  dont_initialize();
  sensitive << start_;
}

std::vector<device::Range> ToyModule::ranges() {
  return {{.base = base, .bytes = range_bytes, .socket = registers}};
}

Cycles ToyModule::next_event() const {
  return values_[status] == at_work ? 0 : Timebase::never;
}

device::TreeNodes ToyModule::tree_nodes() const {
  return {.bus = [](device::TreeWriter& tree) {
    tree.node(device::node_name("toy", base), [&] {
      tree.label("toy");
      tree.texts("compatible", {"kilburn,toy"});
      tree.wide_cells("reg", {base, range_bytes});
      device::wired_interrupt(tree, interrupt_source);
    });
  }};
}

std::uint64_t ToyModule::read(unsigned offset, unsigned /*length*/, Cycles /*now*/) {
  return values_[offset / 8];
}

void ToyModule::write(unsigned offset, unsigned /*length*/, std::uint64_t value, Cycles now) {
  const unsigned number = offset / 8;
  if (number == status) {
    interrupt_.set(false);
  } else if (values_[status] != at_work) {
    values_[number] = value;
    if (number != command) return;
    values_[status] = at_work;
    notify_at(start_, now + config_.start_cycles);
  }
}

void ToyModule::copy() {
  std::vector<std::byte> data(std::min(values_[bytes], most_bytes));
  Cycles now = clock().now(sc_core::SC_ZERO_TIME);
  dma::DmaReply reply = memory_.read(IoVirtualAddress(values_[source]), data, now);
  if (reply.ok()) {
    now += reply.latency;
    reply = memory_.write(IoVirtualAddress(values_[destination]), data, now);
  }
  values_[status] = reply.ok() ? done : faulted;
  if (reply.ok()) ++statistics_.copies;
  interrupt_.set(true);
}

}  // namespace kilburn::toy
