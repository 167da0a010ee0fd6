// Every parameter and statistic as its block declares it, as JSON, for the tables of the pages:
//   {"parameters": {"mmu.dtlb": [{"name": "entries", ...}]}, "statistics": {"cache": [{...}]}}
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "burst_tlb/tlb.h"
#include "cache/cache.h"
#include "dma/dma_port.h"
#include "dma_engine/dma_engine_module.h"
#include "dual_lut/lookup_tables.h"
#include "ftl/ftl_statistics.h"
#include "interconnect/interconnect.h"
#include "interrupt/aclint.h"
#include "interrupt/aplic.h"
#include "interrupt/imsic.h"
#include "interrupt/plic.h"
#include "iommu/iommu.h"
#include "memory/dram.h"
#include "mmu/mmu.h"
#include "mmu/translation_service.h"
#include "nand/timing_statistics.h"
#include "nvme/host_path.h"
#include "nvme/statistics.h"
#include "page_table_cache/page_table_cache.h"
#include "page_table_walker/page_table_walker.h"
#include "pcie/host_bridge.h"
#include "platform/configuration/parameter_table.h"
#include "platform/configuration/statistic_writers.h"
#include "platform/node/platform_config.h"
#include "platform/replay/player_statistics.h"
#include "rmu/rmu_statistics.h"
#include "rtc/rtc.h"
#include "trace_os/address_space.h"
#include "uart/uart.h"

namespace {

using nlohmann::ordered_json;

/// Of a list, what an element holds, under the path with N for its index.
void add_parameters(const kilburn::ParameterTable& table, ordered_json& blocks) {
  for (const kilburn::ParameterBlock& block : table) {
    for (const kilburn::ParameterRow& row : block.rows) {
      blocks[block.path].push_back({{"name", row.name},
                                    {"allowed", row.allowed},
                                    {"unit", row.unit},
                                    {"default", row.default_value},
                                    {"meaning", row.sentence},
                                    {"runs", row.use}});
    }
    add_parameters(block.new_element, blocks);
  }
}

/// Of a kind of PCI Express function that a new element of the list is not.
template <class Config>
void add_function(std::string_view kind, ordered_json& blocks) {
  ordered_json own;
  add_parameters(kilburn::parameter_table(Config{}), own);
  const std::string path = kilburn::join_path("pcie.function.N", kind);
  for (const auto& [name, rows] : own.items())
    blocks[name.empty() ? path : kilburn::join_path(path, name)] = rows;
}

ordered_json parameters() {
  ordered_json blocks;
  add_parameters(kilburn::parameter_table(kilburn::platform::PlatformConfig{}), blocks);
  add_function<kilburn::nvme::NvmeConfig>("nvme", blocks);
  return blocks;
}

class Collector final : public kilburn::StatisticVisitor {
 public:
  void enter(std::string_view block) override { path_ = kilburn::join_path(path_, block); }
  void leave() override { path_.resize(path_.find('.') == path_.npos ? 0 : path_.rfind('.')); }
  void counter(std::string_view name, std::uint64_t /*value*/, std::string_view unit,
               std::string_view sentence) override {
    add(name, unit, sentence, false);
  }
  void formula(std::string_view name, double /*value*/, std::string_view unit,
               std::string_view sentence) override {
    add(name, unit, sentence, false);
  }
  void histogram(std::string_view name, const kilburn::Histogram& /*value*/, std::string_view unit,
                 std::string_view sentence) override {
    add(name, unit, sentence, true);
  }
  ordered_json take() { return std::move(rows_); }

 private:
  void add(std::string_view name, std::string_view unit, std::string_view sentence,
           bool is_histogram) {
    rows_.push_back({{"name", kilburn::join_path(path_, name)},
                     {"unit", unit},
                     {"meaning", sentence},
                     {"histogram", is_histogram}});
  }
  std::string path_;
  ordered_json rows_ = ordered_json::array();
};

template <class Visit>
ordered_json statistics_by(Visit visit) {
  Collector collector;
  visit(collector);
  return collector.take();
}
template <class Block>
ordered_json statistics_of(const Block& block) {
  return statistics_by([&](kilburn::StatisticVisitor& v) { block.visit(v); });
}

ordered_json directory_rows() {
  using namespace kilburn;
  return statistics_by([](StatisticVisitor& v) {
    iommu::DirectoryStatistics{}.visit(v);
    v.block("device_contexts", iommu::ContextCacheStatistics{});
    v.block("process_contexts", iommu::ContextCacheStatistics{});
  });
}

/// With one die and one channel, which stand for all.
ordered_json nand_rows() {
  kilburn::nand::TimingStatistics timing;
  timing.dies.resize(1);
  timing.channels.resize(1);
  return statistics_of(timing);
}

ordered_json statistics() {
  using namespace kilburn;
  const burst_tlb::TlbConfig tlb;
  ordered_json tlb_rows = statistics_by([&](StatisticVisitor& v) {
    burst_tlb::show(v, "", {}, 0, storage_bits(tlb, PagingMode::sv48), false);
  });
  return {{"burst_tlb", std::move(tlb_rows)},
          {"page_table_cache",
           statistics_of(page_table_cache::PageTableCache(page_table_cache::CacheConfig{}))},
          {"page_table_walker", statistics_of(page_table_walker::WalkerStatistics{})},
          {"mmu.untranslated", statistics_of(mmu::UntranslatedStatistics{})},
          {"mmu.service", statistics_of(mmu::ServiceStatistics{})},
          {"rmu", statistics_of(rmu::RmuStatistics{})},
          {"cache", statistics_of(cache::CacheStatistics{})},
          {"interconnect", statistics_of(interconnect::InterconnectStatistics{})},
          {"memory", statistics_of(memory::DramStatistics{})},
          {"dma", statistics_of(dma::DmaStatistics{})},
          {"aclint", statistics_of(interrupt::AclintStatistics{})},
          {"plic", statistics_of(interrupt::PlicStatistics{})},
          {"aplic", statistics_of(interrupt::AplicStatistics{})},
          {"imsic", statistics_of(interrupt::ImsicStatistics{})},
          {"uart", statistics_of(uart::UartStatistics{})},
          {"pcie", statistics_of(pcie::HostBridgeStatistics{})},
          {"pcie.function", statistics_of(pcie::FunctionStatistics{})},
          {"dma_engine", statistics_of(dma_engine::DmaEngineStatistics{})},
          {"dual_lut", statistics_of(dual_lut::LookupStatistics{})},
          {"nand", nand_rows()},
          {"ftl", statistics_of(ftl::FtlStatistics{})},
          {"nvme", statistics_of(nvme::NvmeStatistics{})},
          {"nvme.host_path", statistics_of(nvme::HostPathStatistics{})},
          {"rtc", statistics_of(rtc::RtcStatistics{})},
          {"iommu", statistics_of(iommu::IommuStatistics{})},
          {"iommu.directories", directory_rows()},
          {"iommu.address_spaces", statistics_of(iommu::AddressSpaceStatistics{})},
          {"iommu.queue", statistics_of(iommu::RecordQueueStatistics{})},
          {"iommu.interrupts", statistics_of(iommu::InterruptStatistics{})},
          {"trace_os", statistics_of(trace_os::OsStatistics{})},
          {"platform", statistics_of(platform::PlayerStatistics{})}};
}

}  // namespace

int main() {
  fmt::print("{}\n",
             ordered_json{{"parameters", parameters()}, {"statistics", statistics()}}.dump(1));
  return 0;
}

// libsystemc refers to it.
int sc_main(int /*argc*/, char** /*argv*/) {
  return 0;
}
