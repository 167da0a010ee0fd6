#include "interrupt/aplic_module.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "kilburn/board.h"

namespace kilburn::interrupt {
namespace {

AplicModule::Sender sender_by(dma::DmaPort& port) {
  return [&port](const Aplic::Write& write, Cycles now) -> AplicModule::Sent {
    std::byte data[sizeof write.data];
    std::memcpy(data, &write.data, sizeof data);
    const dma::DmaReply reply = port.write(IoVirtualAddress(write.address), data, now);
    return {.ok = reply.ok(), .latency = reply.latency};
  };
}

AplicModule::Sender sender_in(device::Surroundings& surroundings) {
  if (surroundings.board.aia != device::Aia::aplic_imsic) return nullptr;
  // Bare, and realm 0, since the registers that say where messages go are machine mode's.
  return sender_by(surroundings.dma_port("aplic_messages", {}));
}

void write_domain(device::TreeWriter& tree, const char* label, Address base, unsigned harts,
                  Delivery delivery, unsigned line, const char* imsic) {
  tree.label(label);
  tree.texts("compatible", {"riscv,aplic"});
  tree.cells("#interrupt-cells", {2});
  tree.flag("interrupt-controller");
  if (delivery == Delivery::message) {
    tree.cells("msi-parent", {tree.phandle(imsic)});
  } else {
    device::line_to_harts(tree, harts, line);
  }
  tree.wide_cells("reg", {base, BOARD_APLIC_BYTES});
  tree.cells("riscv,num-sources", {BOARD_APLIC_SOURCES});
}

}  // namespace

AplicModule::Domain::Domain(const sc_core::sc_module_name& name, Clock clock,
                            Cycles register_cycles, AplicModule& aplic, Aplic::Level level)
    : RegisterModule(name, BOARD_APLIC_BYTES, clock, register_cycles),
      aplic_(aplic),
      level_(level) {}

std::uint64_t AplicModule::Domain::read(unsigned offset, unsigned /*length*/, Cycles /*now*/) {
  return aplic_.aplic_.read(level_, offset);
}

void AplicModule::Domain::write(unsigned offset, unsigned /*length*/, std::uint64_t value,
                                Cycles /*now*/) {
  aplic_.aplic_.write(level_, offset, static_cast<std::uint32_t>(value));
  aplic_.announce();
}

unsigned AplicModule::Priorities::priority(unsigned file) const {
  return aplic_->priority(
      file == interrupt_file::machine ? Aplic::Level::machine : Aplic::Level::supervisor, hart_);
}

AplicModule::AplicModule(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
                         std::span<InterruptSink* const> harts, Sender send)
    : sc_module(name),
      harts_(static_cast<unsigned>(harts.size())),
      clock_(clock),
      send_(std::move(send)),
      aplic_(harts, delivery()),
      machine_("machine", clock, register_cycles, *this, Aplic::Level::machine),
      supervisor_("supervisor", clock, register_cycles, *this, Aplic::Level::supervisor) {
  for (unsigned hart = 0; hart < harts_; ++hart) priorities_.emplace_back(aplic_, hart);
  if (send_) sc_core::sc_spawn([this] { send_messages(); }, "send_messages");
}

AplicModule::AplicModule(const sc_core::sc_module_name& name, const Config& /*config*/,
                         device::Surroundings& surroundings)
    : AplicModule(name, surroundings.clock, surroundings.register_cycles, surroundings.harts,
                  sender_in(surroundings)) {}

std::vector<device::Range> AplicModule::ranges() {
  return {{.base = BOARD_APLIC_M, .bytes = BOARD_APLIC_BYTES, .socket = machine_.registers},
          {.base = BOARD_APLIC_S, .bytes = BOARD_APLIC_BYTES, .socket = supervisor_.registers}};
}

void AplicModule::set(unsigned source, bool level) {
  aplic_.set(source, level);
  announce();
}

void AplicModule::announce() {
  if (send_ && !sending_ && aplic_.has_message()) message_.notify(sc_core::SC_ZERO_TIME);
}

void AplicModule::send_messages() {
  for (;;) {
    while (const auto write = aplic_.take_message()) {
      sending_ = true;
      const Sent sent = send_(*write, clock_.now(sc_core::SC_ZERO_TIME));
      if (!sent.ok) aplic_.lost_message();
      wait(clock_.cycles(std::max(sent.latency, Cycles{1})));
    }
    sending_ = false;
    wait(message_);
  }
}

device::TreeNodes AplicModule::nodes(unsigned harts, Delivery delivery) {
  return {
      .bus =
          [harts, delivery](device::TreeWriter& tree) {
            tree.node(device::node_name("aplic", BOARD_APLIC_M), [&] {
              write_domain(tree, "aplic_m", BOARD_APLIC_M, harts, delivery,
                           hart_line::machine_external, "imsic_m");
              const std::uint32_t child = tree.phandle("aplic");
              tree.cells("riscv,children", {child});
              // The binding's name, and the one that QEMU 7.2 and OpenSBI 1.1 have.
              tree.cells("riscv,delegation", {child, 1, BOARD_APLIC_SOURCES});
              tree.cells("riscv,delegate", {child, 1, BOARD_APLIC_SOURCES});
            });
            tree.node(device::node_name("aplic", BOARD_APLIC_S), [&] {
              write_domain(tree, "aplic", BOARD_APLIC_S, harts, delivery,
                           hart_line::supervisor_external, "imsic");
            });
          },
      .wired = device::WiredController{.label = "aplic",
                                       .senses = true,
                                       .messages = delivery == Delivery::message ? "imsic" : ""}};
}

}  // namespace kilburn::interrupt
