#include "iommu/iommu_module.h"

#include <algorithm>
#include <cassert>

#include "kilburn/board.h"
#include "kilburn/iommu.h"

namespace kilburn::iommu {

namespace {

WalkerAbilities abilities_of(const device::TranslatedPath& path) {
  const page_table_walker::WalkerConfig& walker = path.service.walker().config();
  return {.largest_mode = path.largest_mode,
          .hardware_ad = walker.ad_update != page_table_walker::AdUpdate::fault,
          .svpbmt = walker.svpbmt};
}

std::vector<InterruptLine> lines_to(InterruptSink& interrupts) {
  std::vector<InterruptLine> lines;
  for (unsigned vector = 0; vector < IOMMU_VECTORS; ++vector) {
    lines.emplace_back(interrupts, BOARD_IRQ_IOMMU + vector);
  }
  return lines;
}

}  // namespace

IommuModule::IommuModule(const sc_core::sc_module_name& name, const Config& config,
                         device::Surroundings& surroundings)
    : RegisterModule(name, BOARD_IOMMU_BYTES, surroundings.clock, surroundings.register_cycles) {
  assert(surroundings.path != nullptr && "a board with an IOMMU has a translation service");
  const device::TranslatedPath& path = *surroundings.path;
  memory_ = std::make_unique<TlmMemoryPort>("memory", surroundings.clock);
  path.connect(memory_->socket);
  iommu_ = std::make_unique<Iommu>(
      config, IommuSurroundings{.service = path.service,
                                .invalidator = path.invalidator,
                                .memory = *memory_,
                                .messages = *memory_,
                                .ownership = path.ownership,
                                .lines = lines_to(surroundings.interrupts),
                                .registers = {BOARD_IOMMU, BOARD_IOMMU_BYTES},
                                .first_vmid = path.contexts.vmid(0),
                                .vmids = path.contexts.count(),
                                .walker = abilities_of(path),
                                .invalidation_cycles = path.invalidation_cycles});
  iommu_->report_unacknowledged(
      [this](const std::vector<std::string>& missing) { report_unacknowledged(missing); });
  path.add_holder(*iommu_);
  surroundings.iommu = {.translator = iommu_.get(),
                        .agent = iommu_.get(),
                        .connect = [this](dma::AtsPort* port) { iommu_->connect(port); }};
  SC_THREAD(work);
}

std::vector<device::Range> IommuModule::ranges() {
  return {{.base = BOARD_IOMMU, .bytes = BOARD_IOMMU_BYTES, .socket = registers}};
}

Cycles IommuModule::next_event() const {
  return iommu_->next_event();
}

device::TreeNodes IommuModule::tree_nodes() const {
  return {.bus = [](device::TreeWriter& tree) {
    tree.node(device::node_name("iommu", BOARD_IOMMU), [&] {
      tree.label("iommu");
      tree.texts("compatible", {"qemu,riscv-iommu", "riscv,iommu"});
      tree.cells("#iommu-cells", {1});
      tree.wide_cells("reg", {BOARD_IOMMU, BOARD_IOMMU_BYTES});
      device::wired_interrupts(
          tree, {BOARD_IRQ_IOMMU, BOARD_IRQ_IOMMU + 1, BOARD_IRQ_IOMMU + 2, BOARD_IRQ_IOMMU + 3});
      if (!tree.wired_controller().messages.empty()) {
        tree.cells("msi-parent", {tree.phandle(tree.wired_controller().messages)});
      }
    });
  }};
}

void IommuModule::visit(StatisticVisitor& v) const {
  iommu_->visit(v);
}

std::uint64_t IommuModule::read(unsigned offset, unsigned length, Cycles /*now*/) {
  return iommu_->read(offset, length);
}

void IommuModule::write(unsigned offset, unsigned length, std::uint64_t value, Cycles now) {
  iommu_->write(offset, length, value, now);
  if (iommu_->has_work()) notify_at(start_, now);
}

void IommuModule::work() {
  for (;;) {
    while (!iommu_->has_work()) sc_core::wait(start_);
    const Cycles now = clock().count_up(sc_core::sc_time_stamp());
    const Cycles taken = iommu_->start_work(now);
    // At least a cycle, so that commands without end do not stop the time.
    const Cycles done = now + std::max<Cycles>(taken, 1);
    clock().wait_until(done);
    iommu_->finish_work(done);
  }
}

void IommuModule::report_unacknowledged(const std::vector<std::string>& missing) {
  last_error_ =
      std::string{sc_module::name()} + ": IOTINVAL: not carried out, no acknowledgement from";
  const char* separator = " ";
  for (const std::string& holder : missing) {
    last_error_ += separator + holder;
    separator = ", ";
  }
  SC_REPORT_WARNING("kilburn/invalidation", last_error_.c_str());
}

}  // namespace kilburn::iommu
