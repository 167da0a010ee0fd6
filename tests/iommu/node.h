// What stands round an IOMMU: memory, interconnect, translation service, and one device's port.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <systemc>

#include "common/invalidation_module.h"
#include "interconnect/interconnect_module.h"
#include "iommu/iommu_module.h"
#include "kilburn/board.h"
#include "memory/memory_module.h"
#include "mmu/translation_service_module.h"

namespace kilburn::iommu::test {

class Lines final : public InterruptSink {
 public:
  std::map<unsigned, bool> levels;
  void set(unsigned line, bool level) override { levels[line] = level; }
};

class NoConsole final : public device::ByteSink {
 public:
  void put(std::uint8_t) override {}
};

/// A module with a port whose transfers go through the IOMMU.
struct PortModule final : sc_core::sc_module {
  PortModule(const sc_core::sc_module_name& name, dma::Translator& translator, Clock clock)
      : sc_module(name), port("port", translator, clock) {}
  dma::DmaPort port;
};

/// SystemC elaborates once in a process: all tests of an executable share one. A cycle is 1 ns.
struct Node {
  static constexpr Address memory_base = 0x8000'0000;
  static constexpr Address memory_bytes = 1 << 20;
  static constexpr PageNumber first_frame = memory_base >> page_shift;
  inline static const sc_core::sc_time period{1, sc_core::SC_NS};

  Clock clock{period};
  MachineTime time{Timebase(1'000'000, 1'000'000'000)};
  memory::Storage storage{{.base = memory_base, .bytes = memory_bytes}};
  memory::MemoryModule memory{"memory", {}, storage, clock};
  interconnect::InterconnectModule interconnect{"interconnect", {}, clock};
  mmu::TranslationServiceModule service{"service", {}, nullptr, clock};
  InvalidationBus invalidations;
  WaitingInvalidator invalidator{invalidations, clock, 10'000};
  Lines lines;
  NoConsole console;
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
                                    .cycles_hz = 1'000'000'000,
                                    .time = time,
                                    .register_cycles = 4,
                                    .memory_end = memory_base + memory_bytes,
                                    .harts = {},
                                    .interrupts = lines,
                                    .console = console,
                                    .end = [](const device::End&) {},
                                    .dma_port = {},
                                    .path = &path};
  IommuModule module{"iommu", {}, surroundings};
  PortModule device{"device", *surroundings.iommu.translator, clock};

  Node() {
    interconnect.add_target({{.base = memory_base, .bytes = memory_bytes, .name = "memory"}})
        .bind(memory.bus);
    add(module);
    service.tables.socket.bind(interconnect.add_initiator());
    device.port.memory.bind(interconnect.add_initiator());
    invalidations.add(service.service());
    invalidations.add(device.port);
  }
  /// Its registers answer where it says.
  void add(device::Device& added) {
    for (const device::Range& range : added.ranges()) {
      interconnect
          .add_target({{.base = range.base,
                        .bytes = range.bytes,
                        .name = std::string(added.name()),
                        .relative = range.relative}})
          .bind(range.socket);
    }
  }
  void set(Address address, std::uint64_t value) { EXPECT_TRUE(storage.write64(address, value)); }
};

}  // namespace kilburn::iommu::test
