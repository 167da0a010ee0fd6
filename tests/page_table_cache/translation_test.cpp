// Directed tests of the two translation caches of Barr, Cox and Rixner: a pointer an entry, and a
// whole path an entry.
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

#include "page_table_cache/descriptors.h"

namespace kilburn::page_table_cache {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): short names of descriptors

constexpr Organisation both[] = {Organisation::translation, Organisation::translation_path};

constexpr PageNumber level1_region = PageNumber{1} << 9;
constexpr PageNumber level2_region = PageNumber{1} << 18;

TEST(TranslationCaches, DeepestMatchWinsAndItsReadsAreSaved) {
  for (const Organisation organisation : both) {
    PageTableCache cache(CacheConfig{.organisation = organisation});
    const PageNumber page = 0x123456789;
    cache.install(stage1(0, page, 3), pointer_to(3));
    EXPECT_EQ(cache.lookup_path(stage1(0, page, 3)).level, 3u);
    cache.install(stage1(0, page, 1), pointer_to(1));
    const Lookup found = cache.lookup_path(stage1(0, page, 3));
    EXPECT_TRUE(found.hit);
    EXPECT_EQ(found.level, 1u);
    EXPECT_EQ(found.descriptor, pointer_to(1));
    EXPECT_EQ(cache.statistics().reads_saved, 1u + 3u);
    EXPECT_FALSE(cache.lookup_path(stage1(0, page, 3, process_b)).hit);
    EXPECT_FALSE(cache.lookup_path(g_stage(0, page, 3)).hit);
    EXPECT_FALSE(cache.lookup(stage1(0, page, 1)).hit) << "it is not tagged by physical address";
  }
}

TEST(TranslationCaches, ByVaDropsExactlyThePathOfTheAddress) {
  for (const Organisation organisation : both) {
    PageTableCache cache(CacheConfig{.organisation = organisation, .hash_bits = 0});
    cache.install(stage1(0, 0x40201, 2), pointer_to(3));
    cache.install(stage1(0, 0x40201, 1), pointer_to(1));
    cache.install(stage1(0, 0x40401, 1), pointer_to(2));
    cache.invalidate(by_va(0x403FF));
    EXPECT_FALSE(cache.lookup_path(stage1(0, 0x40201, 2)).hit);
    EXPECT_EQ(cache.lookup_path(stage1(0, 0x40401, 2)).descriptor, pointer_to(2));
    EXPECT_FALSE(cache.lookup_path(stage1(0, 0x40601, 2)).hit) << "the level above went for all";
  }
}

TEST(TranslationCaches, KeepTheGOfWhatTheySkip) {
  for (const Organisation organisation : both) {
    PageTableCache cache(CacheConfig{.organisation = organisation});
    cache.install(stage1(0, 0x40201, 1), pointer_to(1), true);
    EXPECT_EQ(cache.lookup_path(stage1(0, 0x40201, 2)).descriptor, pointer_to(1) | pte::global);
  }
}

TEST(TranslationCaches, HfenceGvmaLeavesTheirGuestPhysicalPointersAlone) {
  for (const Organisation organisation : both) {
    PageTableCache cache(CacheConfig{.organisation = organisation});
    cache.install(stage1(0, 0x40201, 1, guest), pointer_to(1));
    cache.install(g_stage(0, 0x40201, 1), pointer_to(2));
    cache.invalidate({.operation = Operation::by_guest_frame, .vpn = 0x40200, .context = guest});
    EXPECT_TRUE(cache.lookup_path(stage1(0, 0x40201, 2, guest)).hit);
    EXPECT_FALSE(cache.lookup_path(g_stage(0, 0x40201, 2)).hit);
  }
}

/// Two paths that part at level 2, in a cache of two entries.
TEST(TranslationPath, OneEntryHoldsAllPointersOfAPath) {
  PageTableCache cache(CacheConfig{.organisation = Organisation::translation_path, .entries = 2});
  const PageNumber here = 0x123456789;
  const PageNumber there = here ^ level2_region;
  for (unsigned level = 3; level > 0; --level) {
    cache.install(stage1(0, here, level), pointer_to(0x10 + level));
  }
  for (unsigned level = 2; level > 0; --level) {
    cache.install(stage1(0, there, level), pointer_to(0x20 + level));
  }
  EXPECT_EQ(cache.statistics().evictions, 0u);
  EXPECT_EQ(cache.lookup_path(stage1(0, here, 3)).descriptor, pointer_to(0x11));
  EXPECT_EQ(cache.lookup_path(stage1(0, there, 3)).descriptor, pointer_to(0x21));
  // Of another page what the longest prefix leads to: level 1 differs, level 2 is in common.
  EXPECT_EQ(cache.lookup_path(stage1(0, there ^ level1_region, 3)).descriptor, pointer_to(0x22));
}

TEST(TranslationPath, ANewEntryTakesOverThePointersOfThePrefix) {
  PageTableCache cache(CacheConfig{.organisation = Organisation::translation_path, .entries = 2});
  const PageNumber here = 0x123456789;
  const PageNumber there = here ^ level2_region;
  for (unsigned level = 3; level > 0; --level) {
    cache.install(stage1(0, here, level), pointer_to(0x10 + level));
  }
  cache.install(stage1(0, there, 2), pointer_to(0x22));
  // A third path evicts the first; the second still has the root's pointer for a fourth.
  cache.lookup_path(stage1(0, there, 3));
  cache.install(stage1(0, 0x40201, 3), pointer_to(0x33));
  EXPECT_EQ(cache.statistics().evictions, 1u);
  EXPECT_EQ(cache.lookup_path(stage1(0, there ^ level2_region << 1, 3)).descriptor,
            pointer_to(0x13));
}

TEST(TranslationPath, APathThatLostItsEndIsCompletedInPlace) {
  PageTableCache cache(CacheConfig{.organisation = Organisation::translation_path, .entries = 1});
  const PageNumber here = 0x123456789;
  cache.install(stage1(0, here, 3), pointer_to(3));
  cache.install(stage1(0, here, 2), pointer_to(2));
  cache.install(stage1(0, here ^ level1_region, 1), pointer_to(1));
  EXPECT_EQ(cache.lookup_path(stage1(0, here ^ level1_region, 3)).level, 1u);
  EXPECT_EQ(cache.lookup_path(stage1(0, here, 3)).level, 2u);
  EXPECT_EQ(cache.statistics().evictions, 0u);
}

TEST(TranslationPath, InvalidationOfASiblingClearsWhatIsInCommonOnly) {
  PageTableCache cache(CacheConfig{.organisation = Organisation::translation_path});
  const PageNumber here = 0x123456789;
  for (unsigned level = 3; level > 0; --level) {
    cache.install(stage1(0, here, level), pointer_to(0x10 + level));
  }
  const Invalidated sibling = cache.invalidate(by_va(here ^ level1_region));
  EXPECT_EQ(sibling.dropped, 0u);
  EXPECT_EQ(sibling.kept, 1u);
  EXPECT_EQ(cache.lookup_path(stage1(0, here, 3)).descriptor, pointer_to(0x11));
  EXPECT_FALSE(cache.lookup_path(stage1(0, here ^ level1_region, 3)).hit);
  EXPECT_EQ(cache.invalidate(by_va(here)).dropped, 1u);
  EXPECT_FALSE(cache.lookup_path(stage1(0, here, 3)).hit);
}

TEST(TranslationPath, ByAsidMaySpareTheGlobalEndOfAPath) {
  PageTableCache cache(
      CacheConfig{.organisation = Organisation::translation_path, .spare_global = true});
  const PageNumber here = 0x123456789;
  cache.install(stage1(0, here, 3), pointer_to(3));
  cache.install(stage1(0, here, 2), pointer_to(2) | pte::global);
  cache.invalidate({.operation = Operation::by_asid, .context = process_a});
  EXPECT_EQ(cache.lookup_path(stage1(0, here, 3)).level, 2u);
  EXPECT_FALSE(cache.lookup_path(stage1(0, here ^ level2_region, 3)).hit);
}

TEST(TranslationPath, HasNoSets) {
  CacheConfig config{.organisation = Organisation::translation_path, .ways = 4};
  struct Checker final : ParameterVisitor {
    std::string broken;
    void enter(std::string_view, std::string_view) override {}
    void leave() override {}
    void require(bool holds, std::string_view allowed) override {
      if (!holds) broken += allowed;
    }
    void visit_integer(const ParameterLabel&, std::uint64_t&, IntegerRange) override {}
    void visit_real(const ParameterLabel&, double&, RealRange) override {}
    void visit_flag(const ParameterLabel&, bool&) override {}
    void visit_choice(const ParameterLabel&, unsigned&,
                      std::span<const std::string_view>) override {}
    void visit_text(const ParameterLabel&, std::string&) override {}
  };
  Checker checker;
  config.visit(checker);
  EXPECT_NE(checker.broken.find("needs ways = 0"), std::string::npos);
  config.ways = 0;
  Checker again;
  config.visit(again);
  EXPECT_EQ(again.broken, "");
}

}  // namespace
}  // namespace kilburn::page_table_cache
