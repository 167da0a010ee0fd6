// Numbers of a run's summary, over runs of all kinds: shares lie between 0 and 100 per cent and are
// those that the statistics declare; sums agree.
#include <cmath>
#include <nlohmann/json.hpp>

#include "platform/cli/summary_values.h"
#include "process.h"

namespace kilburn::platform {
namespace {

struct Kind {
  std::string name;
  Arguments arguments;
};

void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.name;
}

class SummaryOf : public testing::TestWithParam<Kind> {
 protected:
  static const nlohmann::json* find(const nlohmann::json& all, const std::string& path) {
    const auto pointer = nlohmann::json::json_pointer("/" + path);
    return all.contains(pointer) ? &all.at(pointer) : nullptr;
  }
  /// The line of the IOMMU, whose formulas are quotients of counters.
  static void expect_iommu(const std::string& text, const nlohmann::json& all) {
    const auto& iommu = all["iommu"];
    const auto& directories = iommu["directories"];
    const auto& dma = all["dma"]["pcie"];
    const auto share = [](const nlohmann::json& of, const std::string& part,
                          const std::string& whole) {
      return of[part].get<double>() / of[whole].get<double>();
    };
    EXPECT_NEAR(printed(text, "iotlb [^\n]* ([0-9.]+) %"),
                100 * share(iommu["iotlb"], "hits", "lookups"), 0.0006);
    EXPECT_NEAR(printed(text, "IOMMU: pages [^\n]*, ([0-9.]+) cycles each"),
                share(iommu, "translation_cycles", "transactions"), 0.06);
    EXPECT_NEAR(printed(text, "hits of device contexts ([0-9.]+) %"),
                100 * share(directories["device_contexts"], "hits", "lookups"), 0.006);
    EXPECT_NEAR(printed(text, "of process contexts ([0-9.]+) %"),
                100 * share(directories["process_contexts"], "hits", "lookups"), 0.006);
    const double kib =
        (dma["bytes_read"].get<double>() + dma["bytes_written"].get<double>()) / 1024;
    EXPECT_NEAR(printed(text, "a KiB of DMA: walks ([0-9.]+)"), dma["walks"].get<double>() / kib,
                0.0006);
    EXPECT_NEAR(printed(text, "table reads ([0-9.]+)"), dma["table_reads"].get<double>() / kib,
                0.0006);
    EXPECT_GT(iommu["walks"], 0);
    EXPECT_LE(dma["walks"], iommu["walks"]);
    EXPECT_LE(iommu["walks"], all["mmu"]["walker"]["walks"]);
    const std::uint64_t of_contexts = directories["device_reads"].get<std::uint64_t>() +
                                      directories["process_reads"].get<std::uint64_t>();
    EXPECT_GT(iommu["table_reads"].get<std::uint64_t>(), of_contexts);
    EXPECT_LE(iommu["table_reads"].get<std::uint64_t>(),
              of_contexts + all["mmu"]["walker"]["memory_reads"].get<std::uint64_t>() +
                  iommu["interrupt_file_writes"].get<std::uint64_t>() +
                  iommu["faults"].get<std::uint64_t>());
    EXPECT_NE(text.find("faults " + iommu["faults"].dump()), std::string::npos);
  }
  /// The number that stands in the summary before or after words that `pattern` names.
  static double printed(const std::string& text, const std::string& pattern) {
    const auto found = matches(text, pattern);
    EXPECT_FALSE(found.empty()) << pattern << '\n' << text;
    return found.empty() || found[0].size() < 2 ? NAN : std::stod(found[0][1]);
  }
};

TEST_P(SummaryOf, HasSharesOfWholesAndSumsThatAgree) {
  const Folder folder;
  const Outcome outcome =
      kilburn(Arguments{"run", "--stats", folder / "s.json"} + GetParam().arguments);
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto all = nlohmann::json::parse(contents(folder / "s.json"));

  const auto shares = matches(outcome.out, "([-0-9.naif]+) %");
  for (const auto& share : shares) {
    const double value = std::stod(share[1]);
    EXPECT_TRUE(value >= 0 && value <= 100) << share[0] << '\n' << outcome.out;
  }
  EXPECT_GE(shares.size(), 5U) << outcome.out;

  unsigned tlbs = 0;
  for (const std::string tlb :
       {"mmu/itlb", "mmu/dtlb", "mmu/l2tlb", "hart0/itlb", "hart0/dtlb", "iommu/iotlb"}) {
    const nlohmann::json* counts = find(all, tlb);
    if (counts == nullptr) continue;
    ++tlbs;
    EXPECT_EQ((*counts)["hits"].get<std::uint64_t>() + (*counts)["miss_tag"].get<std::uint64_t>() +
                  (*counts)["miss_unit"].get<std::uint64_t>() +
                  (*counts)["miss_content"].get<std::uint64_t>(),
              (*counts)["lookups"].get<std::uint64_t>())
        << tlb;
  }
  EXPECT_EQ(tlbs, all.contains("iommu") ? 4U : 3U);
  if (all.contains("iommu")) expect_iommu(outcome.out, all);

  const auto& table = all["mmu"]["page_table_cache"];
  EXPECT_NEAR(printed(outcome.out, "page-table cache hits ([0-9.]+) %"),
              100 * table["hit_rate"].get<double>(), 0.006);
  EXPECT_LE(table["hits"], table["lookups"]);
  if (all.contains("rmu")) {
    EXPECT_LE(all["rmu"]["cache_hits"], all["rmu"]["lookups"]);
  }

  if (all.contains("hart0")) {
    const auto& hart = all["hart0"];
    EXPECT_NEAR(printed(outcome.out, "cycles/instruction ([0-9.]+);"),
                hart["cycles_per_instruction"].get<double>(), 0.0006);
    EXPECT_NEAR(printed(outcome.out, "L1D ([0-9.]+) %"),
                100 - 100 * hart["cache"]["l1d"]["hit_rate"].get<double>(), 0.006);
    EXPECT_NEAR(printed(outcome.out, "L2 cache misses ([0-9.]+) %"),
                100 - 100 * all["cache"]["l2"]["hit_rate"].get<double>(), 0.006);
    std::uint64_t explained = hart["instructions"].get<std::uint64_t>();
    for (const auto& [cause, cycles] : hart["stall_cycles"].items()) {
      explained += cycles.get<std::uint64_t>();
    }
    EXPECT_EQ(explained, hart["cycles"].get<std::uint64_t>());
  }
  if (!all.contains("platform")) return;
  const auto& player = all["platform"];
  EXPECT_NEAR(printed(outcome.out, "look-ups of its table [^,]*, ([0-9.]+) % from its cache"),
              100 * all["rmu"]["cache_hit_rate"].get<double>(), 0.006);
  std::uint64_t stalls = 0;
  for (const auto& [cause, cycles] : player["stall_cycles"].items()) {
    stalls += cycles.get<std::uint64_t>();
  }
  EXPECT_LE(stalls, player["cycles"].get<std::uint64_t>());
  EXPECT_EQ(player["instructions"].get<std::uint64_t>() + player["loads"].get<std::uint64_t>() +
                player["stores"].get<std::uint64_t>(),
            player["accesses"].get<std::uint64_t>());
}

Arguments with(Arguments run, const std::vector<std::string>& settings) {
  return std::move(run) + set(settings);
}

INSTANTIATE_TEST_SUITE_P(
    Runs, SummaryOf,
    testing::Values(
        Kind{"ATrace", {"--limit", "20k", "--trace", shipped("updates")}},
        Kind{"PageFaultsAndMoves",
             with({"--limit", "20k", "--trace", shipped("database")},
                  {"os.premap=false", "os.remap_interval=50", "os.unmap_interval=70"})},
        Kind{"SeveralProcesses",
             with({"--limit", "20k", "--trace", shipped("sort"), shipped("graph")},
                  {"os.context_switch_interval=500", "os.aging=0.5", "mmu.l2tlb.entries=16"})},
        Kind{"NoRmu", with({"--limit", "20k", "--trace", shipped("graph")}, {"rmu.enabled=false"})},
        Kind{"NoCachesOfTables",
             with({"--limit", "20k", "--trace", shipped("graph")},
                  {"mmu.page_table_cache.organisation=off", "rmu.cache_lines=0"})},
        Kind{"OneAccess", {"--limit", "1", "--trace", shipped("graph")}},
        Kind{"Software", {"--elf", guest("hello")}},
        Kind{"SoftwareThatWaits", {"--elf", guest("timer_test")}},
        Kind{"SoftwareWithFences", {"--elf", guest("processes")}},
        Kind{"DevicesBehindAnIommu", with({"--elf", guest("iommu_test")},
                                          {"pcie.function.0.kind=dma_engine", "board.iommu=true"})},
        Kind{"SoftwareWithoutRmu", with({"--elf", guest("hello")}, {"rmu.enabled=false"})}),
    [](const auto& test) { return test.param.name; });

TEST(SummaryValues, AShareOfNothingIsNothing) {
  const SummaryValues values(std::vector<StatisticValue>{{"a.part", std::uint64_t{3}, ""},
                                                         {"a.whole", std::uint64_t{4}, ""},
                                                         {"a.none", std::uint64_t{0}, ""}});
  EXPECT_EQ(values.share("a.part", "a.whole"), 75);
  EXPECT_EQ(values.share("a.none", "a.none"), 0);
}

TEST(SummaryValues, ARowOfATlbCountsItsMissesOfAThousandInstructions) {
  const SummaryValues values(
      std::vector<StatisticValue>{{"hart0.dtlb.lookups", std::uint64_t{1000}, ""},
                                  {"hart0.dtlb.hit_rate", 0.985, ""},
                                  {"hart0.dtlb.miss_tag", std::uint64_t{9}, ""},
                                  {"hart0.dtlb.miss_unit", std::uint64_t{5}, ""},
                                  {"hart0.dtlb.miss_content", std::uint64_t{1}, ""},
                                  {"hart0.dtlb.density.mean", 2.5, ""}});
  const std::string row = tlb_row(values, "hart0.dtlb", 3000, burst_tlb::TlbConfig{});
  EXPECT_THAT(row, testing::HasSubstr("98.500 %"));
  EXPECT_THAT(row, testing::HasSubstr("5.00 "));  // 15 misses of 3000 instructions
}

}  // namespace
}  // namespace kilburn::platform
