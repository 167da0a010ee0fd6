// The page-table cache on a whole platform: which operations reach it, and what it says it costs.
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "process.h"

namespace kilburn::platform {
namespace {

using Json = nlohmann::ordered_json;

const std::string cache = "mmu.page_table_cache.";

/// A page moves to another frame every 300 accesses. No table comes or goes: the operating system
/// invalidates the leaf, and the RMU the last owner of the frame, which held data.
struct Moved {
  explicit Moved(const std::string& policy, const std::vector<std::string>& more = {}) {
    const Arguments run{"--limit", "30000", "--trace", shipped("graph")};
    const Json all = Json::parse(statistics_of(
        run + set({"os.remap_interval=300", "os.pages=small", cache + "invalidation=" + policy}) +
        set(more)));
    counted = all["mmu"]["page_table_cache"];
    rmu_invalidations = all["rmu"]["invalidations"];
  }
  [[nodiscard]] std::uint64_t at(const std::string& name) const {
    return counted.at(name).get<std::uint64_t>();
  }
  Json counted;
  std::uint64_t rmu_invalidations = 0;
};

TEST(PageTableCacheOnAPlatform, MovingPagesOfDataConcernsTheLastLevelOnly) {
  for (const std::string policy : {"selective", "flush_unless_last_level"}) {
    const Moved moved(policy);
    EXPECT_GE(moved.at("invalidations"), 99U) << "one for each page that moved";
    EXPECT_GT(moved.rmu_invalidations, 50U) << "and the RMU's for frames that were used before";
    EXPECT_EQ(moved.at("last_level_operations"), moved.at("invalidations"));
    EXPECT_EQ(moved.at("entries_dropped"), 0U);
    EXPECT_GT(moved.at("hits"), 0U);
  }
  EXPECT_GT(Moved("flush_all").at("entries_dropped"), 99U);
}

TEST(PageTableCacheOnAPlatform, WhoReadsTablesWithoutAskingTheRmuDoesNotTrustItsWord) {
  const Moved moved("flush_unless_last_level", {"mmu.walker.check_tables=false"});
  EXPECT_EQ(moved.at("invalidations") - moved.at("last_level_operations"), moved.rmu_invalidations);
  EXPECT_GT(moved.at("entries_dropped"), 0U);
}

/// Unmapping empties tables. Their frames are taken back just behind the invalidation that drops
/// the pointers, when a cache that flushes is empty anyway.
TEST(PageTableCacheOnAPlatform, TheRmuCostsACacheThatFlushesNoReads) {
  const auto run = [](const std::string& rmu) {
    return Json::parse(
        statistics_of(Arguments{"--limit", "60000", "--trace", shipped("key_value")} +
                      set({"os.unmap_interval=20", "rmu.enabled=" + rmu,
                           cache + "invalidation=flush_unless_last_level"})));
  };
  const Json with = run("true");
  const Json without = run("false");
  const Json& counted = with["mmu"]["page_table_cache"];
  EXPECT_GT(counted["entries_dropped"], 300) << "tables are emptied";
  EXPECT_GT(with["rmu"]["invalidations"], 300);
  EXPECT_EQ(with["mmu"]["walker"]["memory_reads"], without["mmu"]["walker"]["memory_reads"]);
  EXPECT_EQ(counted["entries_dropped"], without["mmu"]["page_table_cache"]["entries_dropped"]);
}

TEST(PageTableCacheOnAPlatform, BitsAreThoseOfThePagingMode) {
  // 32 entries of translation: region (36 or 45 bits less 9, and 2), level 3, process 49,
  // pointer 46, rank 5.
  for (const auto& [mode, region] : {std::pair{"sv48", 29U}, {"sv57", 38U}}) {
    const Moved moved("selective",
                      {cache + "organisation=translation", std::string("os.mode=") + mode});
    EXPECT_EQ(moved.at("storage_bits"), 32U * (region + 3 + 49 + 46 + 5));
    EXPECT_EQ(moved.at("cam_bits"), 32U * (region + 3 + 49));
    EXPECT_EQ(moved.at("replacement_bits"), 32U * 5);
    EXPECT_GT(moved.at("reach_bytes"), 0U);
  }
}

}  // namespace
}  // namespace kilburn::platform
