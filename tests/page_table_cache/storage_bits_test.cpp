// What a page-table cache costs, by arithmetic, and how far it reaches.
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "page_table_cache/descriptors.h"

namespace kilburn::page_table_cache {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): short names of descriptors

// ASID 16, VMID 14 and two bits (guest, bare), realm 16, stage 1.
constexpr std::uint64_t process = 16 + 16 + 16 + 1;

TEST(StorageBits, AreTagsPointersValidBitsAndTheReplacementsState) {
  const StorageBits bits = storage_bits(CacheConfig{.mode = PagingMode::sv48});
  // 53 bits of PA, 8 of hash, 3 of level.
  EXPECT_EQ(bits.tags, 32u * (53 + 8 + 3 + process));
  // LRU among 32 ways: a rank of five bits each.
  EXPECT_EQ(bits.replacement, 32u * 5);
  EXPECT_EQ(bits.total, bits.tags + std::uint64_t{32} * (1 + 45) + bits.replacement);
  EXPECT_EQ(storage_bits(CacheConfig{.organisation = Organisation::off}).total, 0u);
}

TEST(StorageBits, PoliciesThatFlushNeedThePhysicalAddressAndTheRealmOnly) {
  for (const auto policy :
       {InvalidationPolicy::flush_unless_last_level, InvalidationPolicy::flush_all}) {
    EXPECT_EQ(storage_bits(CacheConfig{.invalidation = policy}).tags, 32u * (53 + 16));
  }
}

TEST(StorageBits, APathHoldsOnePointerForEachLevelAboveTheLast) {
  const CacheConfig pointers{.organisation = Organisation::translation, .mode = PagingMode::sv48};
  const CacheConfig paths{.organisation = Organisation::translation_path, .mode = PagingMode::sv48};
  EXPECT_EQ(storage_bits(pointers).total, 32u * (29 + 3 + process + 46 + 5));
  EXPECT_EQ(storage_bits(paths).total, 32u * (29 + process + 3 * 46 + 5));
}

TEST(StorageBits, ReplacementStateIsThatOfThePolicy) {
  const auto bits = [](Replacement policy) {
    return storage_bits(CacheConfig{.entries = 64, .ways = 8, .replacement = policy}).replacement;
  };
  EXPECT_EQ(bits(Replacement::lru), 8u * 8 * 3);
  EXPECT_EQ(bits(Replacement::tree_plru), 8u * 7);
  EXPECT_EQ(bits(Replacement::round_robin), 8u * 3);
  EXPECT_EQ(bits(Replacement::random), 0u);
}

/// Counters and formulas by name.
class Shown final : public StatisticVisitor {
 public:
  std::map<std::string, double, std::less<>> values;
  void enter(std::string_view) override {}
  void leave() override {}
  void counter(std::string_view name, std::uint64_t value, std::string_view,
               std::string_view) override {
    values[std::string(name)] = static_cast<double>(value);
  }
  void formula(std::string_view name, double value, std::string_view, std::string_view) override {
    values[std::string(name)] = value;
  }
  void histogram(std::string_view, const Histogram&, std::string_view, std::string_view) override {}
};

TEST(Statistics, SayBitsAndReachAndReachABit) {
  for (const auto organisation :
       {Organisation::physical, Organisation::translation, Organisation::translation_path}) {
    PageTableCache cache(CacheConfig{.organisation = organisation});
    cache.install(stage1(0x1008, 0x40201, 2), pointer_to(1));
    EXPECT_EQ(cache.reach_bytes(), 0u) << "a walk there still reads two descriptors";
    cache.install(stage1(0x2008, 0x40201, 1), pointer_to(2));
    cache.install(stage1(0x2010, 0x40401, 1), pointer_to(3));
    Shown shown;
    cache.visit(shown);
    const StorageBits bits = storage_bits(cache.config());
    EXPECT_EQ(shown.values["storage_bits"], static_cast<double>(bits.total));
    EXPECT_EQ(shown.values["cam_bits"], static_cast<double>(bits.tags));
    EXPECT_EQ(shown.values["replacement_bits"], static_cast<double>(bits.replacement));
    EXPECT_EQ(shown.values["reach_bytes"], 2.0 * (2 << 20));
    EXPECT_EQ(shown.values["reach_per_bit"],
              shown.values["reach_bytes"] / static_cast<double>(bits.total));
    cache.invalidate({.operation = Operation::all});
    EXPECT_EQ(cache.reach_bytes(), 0u);
  }
}

}  // namespace
}  // namespace kilburn::page_table_cache
