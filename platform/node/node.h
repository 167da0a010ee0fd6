// A node: what lies below its initiators (L2 cache, interconnect, memory, RMU, translation
// service), its address map, and the ports of its devices to memory.
//
//   harts, MMUs -> L2 cache -> interconnect -> memory, RMU registers, devices
//                   ^             ^    ^
//   translation service: walks ---+    |
//   RMU: table reads -------------+    |
//   devices: DMA ports ----------------+
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/cache_module.h"
#include "common/invalidation_module.h"
#include "device/device.h"
#include "device/surroundings.h"
#include "dma/dma_port.h"
#include "interconnect/interconnect_module.h"
#include "memory/memory_module.h"
#include "mmu/translation_service_module.h"
#include "platform/node/address_map.h"
#include "platform/node/node_statistics.h"
#include "platform/node/platform_config.h"
#include "rmu/rmu_module.h"

namespace kilburn::platform {

[[nodiscard]] sc_core::sc_time period_of(const ClockConfig& clock);

/// Its modules belong to the module in whose constructor it is made.
class Node {
 public:
  /// What differs between platforms.
  struct Shape {
    Address rmu_registers = default_rmu_registers;
    unsigned l2_clients = 0;             ///< the platform's own
    PagingMode mode = PagingMode::sv57;  ///< largest of the page tables
  };
  Node(const PlatformConfig& config, Shape shape, Clock clock);

  /// A client of the L2 cache, numbered from 0.
  [[nodiscard]] tlm::tlm_target_socket<>& l2_client(unsigned number) {
    return l2_.above[1 + number];
  }
  /// For one more hart, which translates for itself. All others that reach memory get a DMA port.
  [[nodiscard]] tlm::tlm_target_socket<>& add_hart() { return interconnect_.add_initiator(); }
  /// Its ranges enter the map. Throws InputError where one overlaps another.
  void add(device::Device& device);
  /// The same of what is no device.
  void add(std::string_view name, const device::Range& range);
  /// The way of a device to memory, for the node's life; `name` shows in its statistics.
  dma::DmaPort& dma_port(const char* name, const dma::DmaContext& context);
  /// The same for devices that `translator`, which outlives the node, translates for.
  dma::DmaPort& dma_port(const char* name, dma::Translator& translator);

  /// What a device that translates for others needs.
  [[nodiscard]] device::TranslatedPath translated_path(DeviceContexts contexts,
                                                       PagingMode largest_mode);

  /// Of main memory, as who looks from outside reads and writes it. False: not all of it is memory.
  [[nodiscard]] bool peek(Address address, std::span<std::byte> bytes) const {
    return storage_.read(address, bytes);
  }
  [[nodiscard]] bool poke(Address address, std::span<const std::byte> bytes);
  /// Called with every write to memory but those of harts, which look after their own.
  void watch_writes(memory::MemoryModule::WriteWatcher watcher) {
    memory_.watch_writes(std::move(watcher));
  }

  [[nodiscard]] const interconnect::AddressMap& map() const { return interconnect_.map(); }
  [[nodiscard]] memory::Storage& storage() { return storage_; }
  [[nodiscard]] const memory::Storage& storage() const { return storage_; }
  [[nodiscard]] InvalidationBus& invalidation_bus() { return invalidation_bus_; }
  [[nodiscard]] Invalidator& invalidator() { return invalidator_; }
  [[nodiscard]] rmu::Rmu& rmu() { return rmu_.rmu(); }
  [[nodiscard]] const rmu::Rmu& rmu() const { return rmu_.rmu(); }
  [[nodiscard]] mmu::TranslationService& service() { return service_.service(); }
  [[nodiscard]] const mmu::TranslationService& service() const { return service_.service(); }

  [[nodiscard]] NodeStatistics statistics(PagingMode mode) const;
  /// Of the DMA ports, where there are any.
  void visit_dma(StatisticVisitor& v) const;

 private:
  /// A port with a first level of its own.
  struct DmaClient {
    DmaClient(Node& node, const char* name, const dma::DmaContext& context);
    mmu::Mmu mmu;
    dma::RegimeTranslator translator;
  };
  struct NamedPort {
    std::string name;
    std::unique_ptr<DmaClient> own;  ///< null: it asks a translator that is not the node's
    std::unique_ptr<dma::DmaPort> port;
  };
  dma::DmaPort& add_port(const char* name, std::unique_ptr<DmaClient> own,
                         dma::Translator& translator);
  tlm::tlm_initiator_socket<>& add_target(std::vector<interconnect::Range> ranges);

  PlatformConfig config_;
  Clock clock_;
  memory::Storage storage_;
  memory::MemoryModule memory_;
  interconnect::InterconnectModule interconnect_;
  InvalidationBus invalidation_bus_;
  WaitingInvalidator invalidator_;
  rmu::RmuModule rmu_;
  cache::CacheModule l2_;
  mmu::TranslationServiceModule service_;
  std::vector<NamedPort> dma_ports_;
};

}  // namespace kilburn::platform
