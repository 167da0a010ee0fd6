// A drive in its platform, and a host without harts that drives it.
//
//   flows -> queues in memory     driver -> doorbells ---------+
//               ^                    ^ messages (MSI-X)         v
//   node: memory, RMU, IOMMU <- PCI Express host <- NVM Express controller, flash
#pragma once

#include <atomic>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "block_trace/block_trace.h"
#include "iommu/iommu_module.h"
#include "nvme/nvme_module.h"
#include "pcie/pcie_module.h"
#include "platform/node/functions.h"
#include "platform/node/node.h"
#include "platform/node/platform_config.h"
#include "platform/ssd/driver.h"
#include "platform/ssd/flow.h"
#include "platform/ssd/host_bus.h"

namespace kilburn::ssd {

/// A namespace that has got another size.
struct ResizeRecord {
  std::uint32_t name_space = 0;
  std::uint64_t from = 0;  ///< sectors
  std::uint64_t to = 0;
  std::uint16_t status = 0;
  Nanoseconds began = 0;
  Nanoseconds ended = 0;
  void visit(StatisticVisitor& v) const;
};

struct SsdOptions {
  /// A block trace that is played in the place of the configured flows; null: there is none.
  std::unique_ptr<block_trace::Reader> trace{};
  std::uint64_t trace_limit = UINT64_MAX;  ///< requests
  const std::atomic<bool>* interrupt = nullptr;
  std::function<void(std::uint64_t requests)> progress{};
};

/// Of the NVM Express function. Throws InputError where there is none, or another as well.
[[nodiscard]] nvme::NvmeConfig& drive_of(platform::PlatformConfig& config);

/// One of these makes a simulation: elaborate it, then `simulate`.
class SsdPlatform final : public sc_core::sc_module {
 public:
  SC_HAS_PROCESS(SsdPlatform);
  SsdPlatform(const sc_core::sc_module_name& name, const platform::PlatformConfig& config,
              SsdOptions options);
  ~SsdPlatform() override;

  /// Until all flows have ended. Throws what the host met.
  void simulate();

  void visit(StatisticVisitor& v) const;
  [[nodiscard]] const platform::PlatformConfig& config() const { return config_; }
  [[nodiscard]] const std::vector<std::unique_ptr<Flow>>& flows() const { return flows_; }
  [[nodiscard]] const std::vector<ResizeRecord>& resizes() const { return resizes_; }
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  [[nodiscard]] bool interrupted() const { return interrupted_; }
  [[nodiscard]] iommu::Iommu* iommu() const { return iommu_ ? &iommu_->iommu() : nullptr; }
  /// Sectors that were compared, and the first difference; empty: none.
  [[nodiscard]] std::uint64_t verified_sectors() const;
  [[nodiscard]] std::string difference() const;

 private:
  class Pins final : public InterruptSink, public device::ByteSink {
   public:
    void set(unsigned /*line*/, bool /*level*/) override {}
    void put(std::uint8_t /*byte*/) override {}
  };

  [[nodiscard]] device::Surroundings surroundings();
  void run_host();
  void be_host();
  void set_up_iommu();
  void make_namespaces();
  void make_flows();
  void make_trace_flow();
  void add_flow(Flow::Shape shape, std::unique_ptr<RequestSource> source);
  [[nodiscard]] Flow::Target target_of(const NamespaceFacts& facts);
  [[nodiscard]] NamespaceFacts& facts_of(std::uint32_t id, const std::string& who);
  void create_queues();
  void drive();
  void start_resizes();
  void look_at(std::uint64_t vectors);
  void take_completions(Flow& flow, std::size_t queue);
  [[nodiscard]] Ledger* ledger_of(std::uint32_t name_space);
  [[nodiscard]] Nanoseconds now() const;

  platform::PlatformConfig config_;
  SsdOptions options_;
  Clock clock_;
  MachineTime time_;
  platform::Node node_;
  device::TranslatedPath path_;
  Pins pins_;
  device::Surroundings surroundings_;
  std::unique_ptr<iommu::IommuModule> iommu_;  ///< null: there is none
  pcie::PcieModule pcie_;
  platform::Functions functions_;
  HostBus bus_;
  MessageTarget messages_;
  std::unique_ptr<HostMemory> memory_;
  std::unique_ptr<Driver> driver_;
  std::vector<NamespaceFacts> namespaces_;
  std::vector<std::unique_ptr<Ledger>> ledgers_;
  std::vector<std::uint32_t> ledger_namespaces_;
  std::vector<std::unique_ptr<Flow>> flows_;
  struct QueueOfFlow {
    Flow* flow;
    std::size_t queue;
  };
  std::vector<std::vector<QueueOfFlow>> by_vector_;
  std::vector<ResizeRecord> resizes_;
  std::size_t next_resize_ = 0;
  bool resizing_ = false;
  std::uint64_t requests_ = 0;
  bool interrupted_ = false;
  bool ended_ = false;
  std::exception_ptr error_;
};

}  // namespace kilburn::ssd
