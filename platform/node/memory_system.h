// What a platform has below its initiators: the L2 cache, the interconnect with memory and the RMU,
// and the translation service.
//
//   initiators -> L2 cache -> interconnect -> memory, RMU registers, the platform's other targets
//                   ^             ^
//   translation service: walks ---+ (through the L2)
//   RMU: table reads -------------+
#pragma once

#include "cache/cache_module.h"
#include "common/invalidation_module.h"
#include "interconnect/interconnect_module.h"
#include "memory/memory_module.h"
#include "mmu/translation_service_module.h"
#include "platform/node/address_map.h"
#include "platform/node/platform_config.h"
#include "rmu/rmu_module.h"

namespace kilburn::platform {

[[nodiscard]] sc_core::sc_time period_of(const ClockConfig& clock);

/// Its modules belong to the module in whose constructor it is made.
class MemorySystem {
 public:
  /// What differs between platforms.
  struct Shape {
    interconnect::AddressMap map;  ///< memory_target, rmu_target, and the platform's own
    unsigned targets = target_count;
    unsigned initiators = 0;             ///< on the interconnect, the platform's own
    unsigned l2_clients = 0;             ///< the platform's own
    PagingMode mode = PagingMode::sv57;  ///< largest of the page tables
  };
  MemorySystem(const PlatformConfig& config, Shape shape, Clock clock);

  /// Of the platform's own clients, initiators and targets, each numbered from 0.
  [[nodiscard]] tlm::tlm_target_socket<>& l2_client(unsigned number) {
    return l2_.above[1 + number];
  }
  [[nodiscard]] tlm::tlm_target_socket<>& initiator(unsigned number) {
    return interconnect_.initiators[own_initiators + number];
  }
  [[nodiscard]] tlm::tlm_initiator_socket<>& target(unsigned number) {
    return interconnect_.targets[target_count + number];
  }

  [[nodiscard]] memory::Storage& storage() { return storage_; }
  [[nodiscard]] const memory::Storage& storage() const { return storage_; }
  [[nodiscard]] InvalidationBus& invalidation_bus() { return invalidation_bus_; }
  [[nodiscard]] Invalidator& invalidator() { return invalidator_; }
  [[nodiscard]] rmu::Rmu& rmu() { return rmu_.rmu(); }
  [[nodiscard]] const rmu::Rmu& rmu() const { return rmu_.rmu(); }
  [[nodiscard]] mmu::TranslationService& service() { return service_.service(); }
  [[nodiscard]] const mmu::TranslationService& service() const { return service_.service(); }

  /// Called with every write of the walker (A and D) and of the RMU to memory.
  void watch_table_writes(const TlmMemoryPort::WriteWatcher& watcher);

  [[nodiscard]] const cache::CacheStatistics& l2() const { return l2_.statistics(); }
  void visit_rmu(StatisticVisitor& v) const { v.block("rmu", rmu_.rmu().statistics()); }
  /// Interconnect and memory.
  void visit_bus(StatisticVisitor& v) const;

 private:
  static constexpr unsigned own_initiators = 2;  // L2, RMU

  memory::Storage storage_;
  memory::MemoryModule memory_;
  interconnect::InterconnectModule interconnect_;
  InvalidationBus invalidation_bus_;
  WaitingInvalidator invalidator_;
  rmu::RmuModule rmu_;
  cache::CacheModule l2_;
  mmu::TranslationServiceModule service_;
};

}  // namespace kilburn::platform
