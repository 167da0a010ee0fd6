// Transfers of a device through the IOMMU to memory, all translations hits of the IOTLB, against
// what the host could do at best: a memcpy of the same bytes, and the bare hops of one transaction.
//
//     build/release/benchmarks/iommu_benchmark
#include "iommu/iommu_module.h"

#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <systemc>
#include <vector>

#include "bare_transport.h"
#include "common/invalidation_module.h"
#include "dma/dma_port.h"
#include "interconnect/interconnect_module.h"
#include "kilburn/board.h"
#include "kilburn/iommu.h"
#include "memory/memory_module.h"
#include "mmu/translation_service_module.h"

namespace {

using namespace kilburn;

constexpr Address memory_base = 0x8000'0000;
constexpr Address memory_bytes = 1 << 22;
constexpr std::uint32_t device_number = 5;
constexpr unsigned pages = 32;
constexpr Address io_base = Address{0x40000} << page_shift;
constexpr Address frames = memory_base + (1 << 20);
// Port to interconnect, interconnect to memory.
constexpr unsigned hops_of_a_transfer = 2;

struct Device final : sc_core::sc_module {
  Device(const sc_core::sc_module_name& name, dma::Translator& translator, Clock clock)
      : sc_module(name), port("port", translator, clock) {}
  dma::DmaPort port;
};

class Nothing final : public device::ByteSink, public InterruptSink {
 public:
  void put(std::uint8_t /*byte*/) override {}
  void set(unsigned /*line*/, bool /*level*/) override {}
};

/// SystemC elaborates once in a process; it lives as long as that does.
struct System {
  Clock clock{sc_core::sc_time(0.5, sc_core::SC_NS)};
  MachineTime time{Timebase(1'000'000, 2'000'000'000)};
  memory::Storage storage{{.base = memory_base, .bytes = memory_bytes}};
  memory::MemoryModule memory{"memory", {}, storage, clock};
  interconnect::InterconnectModule interconnect{"interconnect", {}, clock};
  mmu::TranslationServiceModule service{"service", {}, nullptr, clock};
  InvalidationBus invalidations;
  WaitingInvalidator invalidator{invalidations, clock, 10'000};
  Nothing nothing;
  device::TranslatedPath path{
      .service = service.service(),
      .invalidator = invalidator,
      .ownership = nullptr,
      .contexts = DeviceContexts(1),
      .largest_mode = PagingMode::sv48,
      .invalidation_cycles = 8,
      .add_holder = [this](InvalidationHolder& holder) { invalidations.add(holder); },
      .connect =
          [this](tlm::tlm_initiator_socket<>& socket) {
            socket.bind(interconnect.add_initiator());
          }};
  device::Surroundings surroundings{.board = {.iommu = true},
                                    .clock = clock,
                                    .cycles_hz = 2'000'000'000,
                                    .time = time,
                                    .register_cycles = 4,
                                    .memory_end = memory_base + memory_bytes,
                                    .harts = {},
                                    .interrupts = nothing,
                                    .console = nothing,
                                    .end = [](const device::End&) {},
                                    .dma_port = {},
                                    .path = &path};
  iommu::IommuModule module{"iommu", {}, surroundings};
  Device device{"device", *surroundings.iommu.translator, clock};
  std::unique_ptr<BareTransport> bare;
  Cycles now = 0;

  System() {
    interconnect.add_target({{.base = memory_base, .bytes = memory_bytes, .name = "memory"}})
        .bind(memory.bus);
    interconnect
        .add_target(
            {{.base = BOARD_IOMMU, .bytes = BOARD_IOMMU_BYTES, .name = "iommu", .relative = true}})
        .bind(module.registers);
    service.tables.socket.bind(interconnect.add_initiator());
    device.port.memory.bind(interconnect.add_initiator());
    invalidations.add(service.service());
    invalidations.add(device.port);
    map();
    bare = std::make_unique<BareTransport>(hops_of_a_transfer);  // starts SystemC
  }

  /// `pages` frames in no order under an Sv39 table.
  void map() {
    const PageNumber root = (memory_base + 16 * page_bytes) >> page_shift;
    const PageNumber page = page_of(IoVirtualAddress(io_base));
    set((root << page_shift) + 8 * (page >> 18), pte::make(root + 1, pte::valid));
    set(((root + 1) << page_shift) + 8 * (page >> 9 & 511), pte::make(root + 2, pte::valid));
    constexpr std::uint64_t all =
        pte::valid | pte::read | pte::write | pte::user | pte::accessed | pte::dirty;
    for (unsigned i = 0; i < pages; ++i) {
      set(((root + 2) << page_shift) + 8 * ((page & 511) + i),
          pte::make((frames >> page_shift) + i * 7 % pages, all));
    }
    const Address context = memory_base + Address{IOMMU_DC_EXTENDED_BYTES} * device_number;
    set(context, IOMMU_ENTRY_VALID);
    set(context + IOMMU_DC_FSC, std::uint64_t{IOMMU_ATP_SV39} << IOMMU_ATP_MODE_SHIFT | root);
    module.iommu().write(IOMMU_DDTP, 8,
                         memory_base >> page_shift << IOMMU_PPN_SHIFT | IOMMU_DDTP_1LVL, 0);
  }
  void set(Address address, std::uint64_t value) { (void)storage.write64(address, value); }
};

System& the_system() {
  static auto* const system = new System;
  return *system;
}

/// Offset of transfer `i`: all pages in turn, in each another place.
Address place(std::uint64_t i, std::size_t bytes) {
  return i % pages * page_bytes + i * 320 % (page_bytes - bytes + 64) / 64 * 64;
}

void through_iommu(benchmark::State& state, bool write) {
  System& system = the_system();
  std::vector<std::byte> data(static_cast<std::size_t>(state.range(0)), std::byte{0x5A});
  std::uint64_t i = 0;
  for (auto _ : state) {
    const IoVirtualAddress at(io_base + place(i++, data.size()));
    const dma::Requester requester{.device = device_number};
    const dma::DmaReply reply = write ? system.device.port.write(requester, at, data, system.now)
                                      : system.device.port.read(requester, at, data, system.now);
    if (!reply.ok()) state.SkipWithError("the transfer faulted");
    system.now += reply.latency;
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void limit(benchmark::State& state, bool write) {
  System& system = the_system();
  std::vector<std::byte> data(static_cast<std::size_t>(state.range(0)), std::byte{0x5A});
  std::vector<std::byte> memory(pages * page_bytes);
  std::uint64_t i = 0;
  for (auto _ : state) {
    std::byte* const there = memory.data() + place(i++, data.size());
    write ? std::memcpy(there, data.data(), data.size())
          : std::memcpy(data.data(), there, data.size());
    benchmark::DoNotOptimize(data.data());
    benchmark::ClobberMemory();
    system.bare->transport(tlm::TLM_IGNORE_COMMAND, 8);
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(limit, write, true)->Arg(64)->Arg(4096);
BENCHMARK_CAPTURE(through_iommu, write, true)->Arg(64)->Arg(4096);
BENCHMARK_CAPTURE(limit, read, false)->Arg(64)->Arg(4096);
BENCHMARK_CAPTURE(through_iommu, read, false)->Arg(64)->Arg(4096);

}  // namespace
