// Property tests (spec 02): whatever maps, unmaps, remaps and invalidation come, in mid-walk too,
// every walk says what the reference walk of the memory as it then is says.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <tuple>

#include "page_table_walker/fixture.h"
#include "page_table_walker/random_world.h"

namespace kilburn::page_table_walker {
namespace {

using page_table_cache::CacheConfig;
using page_table_cache::InvalidationPolicy;
using page_table_cache::Organisation;

struct Case {
  const char* name;
  CacheConfig cache;
  friend std::ostream& operator<<(std::ostream& out, const Case& chosen) {
    return out << chosen.name;
  }
};

class RandomWalks : public ::testing::TestWithParam<std::tuple<PagingMode, Case>> {};

void expect_neighbours_as_reference(const WalkResult& result, const WalkRequest& request,
                                    const test::TestMemory& memory) {
  for (const Translation& neighbour : result.neighbour_span()) {
    ASSERT_EQ(neighbour.vpn >> 3, request.va >> (page_shift + 3));
    auto expected =
        reference::walk([&](Address a) { return memory.get(a); }, tables_of(request.regime),
                        neighbour.vpn << page_shift, request.access, request.privilege);
    ASSERT_EQ(expected.fault, Fault::none);
    // The reference's walk of the neighbour would set its D for a store, which nobody has made yet;
    // and of the sixteen PTEs of a 64 KiB leaf only one has its D set.
    constexpr auto not_dirty = static_cast<std::uint8_t>(~pte::dirty);
    Translation found = neighbour;
    found.permissions &= not_dirty;
    expected.translation.permissions &= not_dirty;
    ASSERT_EQ(found, expected.translation) << std::hex << neighbour.vpn;
  }
}

TEST_P(RandomWalks, AgreeWithTheReferenceAfterEveryChange) {
  const auto& [mode, chosen] = GetParam();
  const std::uint64_t seed = 0x6B696C6275726E + levels(mode);
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  PageTableWalker walker({.parallel_walks = 2}, chosen.cache);
  RandomWorld world(mode, seed, [&](const Invalidation& r) { walker.invalidate(r); });
  std::uint64_t translated = 0;
  std::uint64_t restarted = 0;
  for (unsigned step = 0; step < 8000; ++step) {
    if (world.random(3) == 0) world.change();
    const WalkRequest request = world.request();
    if (world.random(4) == 0) {
      world.memory.after = [&, left = world.random(12)](unsigned) mutable {
        if (left-- == 0) world.change();
      };
    }
    const WalkResult result = walker.walk(request, world.memory, nullptr, 0);
    world.memory.after = nullptr;
    SCOPED_TRACE(testing::Message() << "step " << step);
    ASSERT_NO_FATAL_FAILURE(expect_as_reference(result, request, world.memory));
    ASSERT_NO_FATAL_FAILURE(expect_neighbours_as_reference(result, request, world.memory));
    translated += result.fault == Fault::none ? 1 : 0;
    restarted += result.restarts;
  }
  // The test is about something: walks that translate, restart and hit.
  EXPECT_GT(translated, 300u);
  EXPECT_GT(restarted, 40u);
  if (chosen.cache.organisation != Organisation::off) {
    EXPECT_GT(walker.cache().statistics().hits, 2000u);
    EXPECT_GT(walker.cache().statistics().entries_dropped, 400u);
  }
}

INSTANTIATE_TEST_SUITE_P(
    PageTableWalker, RandomWalks,
    ::testing::Combine(
        ::testing::Values(PagingMode::sv39, PagingMode::sv48, PagingMode::sv57),
        ::testing::Values(
            Case{"Hash8", {.entries = 64}}, Case{"Hash1", {.entries = 64, .hash_bits = 1}},
            Case{"Hash0Sets", {.entries = 64, .ways = 4, .hash_bits = 0}},
            Case{"SpareGlobal", {.entries = 64, .spare_global = true}},
            Case{"FlushAll", {.invalidation = InvalidationPolicy::flush_all, .entries = 64}},
            Case{"FlushUnlessLastLevel",
                 {.invalidation = InvalidationPolicy::flush_unless_last_level, .entries = 64}},
            Case{"Translation", {.organisation = Organisation::translation, .entries = 64}},
            Case{"TranslationFlushAll",
                 {.organisation = Organisation::translation,
                  .invalidation = InvalidationPolicy::flush_all,
                  .entries = 64}},
            Case{"TranslationFlushUnlessLastLevel",
                 {.organisation = Organisation::translation,
                  .invalidation = InvalidationPolicy::flush_unless_last_level,
                  .entries = 64}},
            Case{"Path", {.organisation = Organisation::translation_path, .entries = 16}},
            Case{"PathSpareGlobal",
                 {.organisation = Organisation::translation_path,
                  .entries = 16,
                  .spare_global = true}},
            Case{"PathFlushAll",
                 {.organisation = Organisation::translation_path,
                  .invalidation = InvalidationPolicy::flush_all,
                  .entries = 16}},
            Case{"PathFlushUnlessLastLevel",
                 {.organisation = Organisation::translation_path,
                  .invalidation = InvalidationPolicy::flush_unless_last_level,
                  .entries = 16}},
            Case{"Off", {.organisation = Organisation::off}})),
    [](const auto& test) {
      return std::get<1>(test.param).name + std::string("Sv") +
             std::to_string(virtual_bits(std::get<0>(test.param)));
    });

}  // namespace
}  // namespace kilburn::page_table_walker
