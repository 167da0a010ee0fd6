#include "interrupt/imsic_module.h"

#include <bit>

#include "kilburn/board.h"

namespace kilburn::interrupt {
namespace {

/// Of a hart's number of pages at supervisor level, its own and those of `guest_files`.
unsigned file_bits(unsigned guest_files) {
  return static_cast<unsigned>(std::bit_width(guest_files));
}

std::uint64_t bytes_of(unsigned harts, unsigned bits) {
  return (std::uint64_t{harts} << bits) * IMSIC_PAGE_BYTES;
}

/// The files of one level, of all harts.
void write_node(device::TreeWriter& tree, const char* label, Address base, unsigned harts,
                unsigned bits, unsigned line) {
  tree.node(device::node_name("imsics", base), [&] {
    tree.label(label);
    tree.texts("compatible", {"riscv,imsics"});
    tree.cells("#interrupt-cells", {0});
    tree.flag("interrupt-controller");
    tree.flag("msi-controller");
    device::line_to_harts(tree, harts, line);
    tree.wide_cells("reg", {base, bytes_of(harts, bits)});
    tree.cells("riscv,num-ids", {IMSIC_IDENTITIES});
    tree.cells("riscv,ipi-id", {1});
    if (bits != 0) tree.cells("riscv,guest-index-bits", {bits});
  });
}

}  // namespace

ImsicModule::Pages::Pages(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
                          std::vector<Imsic>& imsics, unsigned first, unsigned file_bits)
    : RegisterModule(name, bytes_of(static_cast<unsigned>(imsics.size()), file_bits), clock,
                     register_cycles),
      imsics_(imsics),
      first_(first),
      file_bits_(file_bits) {}

std::uint64_t ImsicModule::Pages::read(unsigned /*offset*/, unsigned /*length*/, Cycles /*now*/) {
  return 0;
}

void ImsicModule::Pages::write(unsigned offset, unsigned /*length*/, std::uint64_t value,
                               Cycles /*now*/) {
  const unsigned page = offset / IMSIC_PAGE_BYTES;
  const unsigned file = first_ + (page & ((1u << file_bits_) - 1));
  Imsic& imsic = imsics_[page >> file_bits_];
  if (!imsic.has_file(file)) return;
  const auto data = static_cast<std::uint32_t>(value);
  switch (offset % IMSIC_PAGE_BYTES) {
    case IMSIC_SETEIPNUM_LE:
      imsic.message(file, data);
      break;
    case IMSIC_SETEIPNUM_BE:
      imsic.message(file, __builtin_bswap32(data));
      break;
    default:
      break;
  }
}

ImsicModule::ImsicModule(const sc_core::sc_module_name& name, Clock clock, Cycles register_cycles,
                         std::span<InterruptSink* const> harts, unsigned guest_files)
    : sc_module(name),
      guest_files_(guest_files),
      imsics_([&] {
        std::vector<Imsic> imsics;
        for (InterruptSink* hart : harts) imsics.emplace_back(*hart, guest_files);
        return imsics;
      }()),
      machine_("machine", clock, register_cycles, imsics_, interrupt_file::machine, 0),
      supervisor_("supervisor", clock, register_cycles, imsics_, interrupt_file::supervisor,
                  file_bits(guest_files)) {}

ImsicModule::ImsicModule(const sc_core::sc_module_name& name, const Config& /*config*/,
                         device::Surroundings& surroundings)
    : ImsicModule(name, surroundings.clock, surroundings.register_cycles, surroundings.harts,
                  surroundings.board.guest_files) {}

std::vector<device::Range> ImsicModule::ranges() {
  const auto harts = static_cast<unsigned>(imsics_.size());
  return {{.base = BOARD_IMSIC_M, .bytes = bytes_of(harts, 0), .socket = machine_.registers},
          {.base = BOARD_IMSIC_S,
           .bytes = bytes_of(harts, file_bits(guest_files_)),
           .socket = supervisor_.registers}};
}

device::TreeNodes ImsicModule::nodes(unsigned harts, unsigned guest_files) {
  return {.bus = [harts, guest_files](device::TreeWriter& tree) {
    write_node(tree, "imsic_m", BOARD_IMSIC_M, harts, 0, hart_line::machine_external);
    write_node(tree, "imsic", BOARD_IMSIC_S, harts, file_bits(guest_files),
               hart_line::supervisor_external);
  }};
}

void ImsicModule::visit(StatisticVisitor& v) const {
  ImsicStatistics sum;
  for (const Imsic& imsic : imsics_) {
    sum.messages += imsic.statistics().messages;
    sum.ignored_messages += imsic.statistics().ignored_messages;
    sum.claims += imsic.statistics().claims;
    sum.empty_claims += imsic.statistics().empty_claims;
  }
  v.block(ImsicDevice::name, sum);
}

}  // namespace kilburn::interrupt
