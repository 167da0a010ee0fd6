// The translation engine against the platform: the same configuration and traces give the same
// statistics, to the last count.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>

#include <nlohmann/json.hpp>
#include <random>

#include "common/error.h"
#include "platform/configuration/config_file.h"
#include "platform/engine/translation_engine.h"
#include "process.h"
#include "trace/trace.h"

namespace kilburn::platform {
namespace {

using Json = nlohmann::ordered_json;
using Settings = std::vector<std::string>;

PlatformConfig configured(const Settings& settings) {
  PlatformConfig config;
  configure(config, "", settings);
  return config;
}

/// Numbers of a statistics file by path, without the buckets of histograms.
void flatten(const Json& json, const std::string& path, std::map<std::string, Json>& flat) {
  for (const auto& [key, value] : json.items()) {
    if (key == "buckets") continue;
    const std::string name = path.empty() ? key : path + "." + key;
    if (value.is_object()) {
      flatten(value, name, flat);
    } else {
      flat[name] = value;
    }
  }
}

void expect_as_on_the_platform(const std::vector<StatisticValue>& engine, const Arguments& run) {
  std::map<std::string, Json> platform;
  flatten(Json::parse(statistics_of(run)), "", platform);
  EXPECT_EQ(engine.size(), platform.size());
  for (const StatisticValue& statistic : engine) {
    const Json& expected = platform[statistic.path];
    if (const auto* count = std::get_if<std::uint64_t>(&statistic.value)) {
      EXPECT_EQ(Json(*count), expected) << statistic.path;
    } else {
      EXPECT_EQ(Json(std::get<double>(statistic.value)), expected) << statistic.path;
    }
  }
}

Arguments platform_run(const Settings& settings, const std::vector<std::string>& traces,
                       std::uint64_t limit) {
  Arguments run{"--limit", std::to_string(limit), "--trace"};
  return run + traces + set(settings);
}

void expect_agreement(const Settings& settings, const std::vector<std::string>& traces,
                      std::uint64_t limit) {
  SCOPED_TRACE(fmt::format("{} with {}", fmt::join(traces, " "), fmt::join(settings, " ")));
  const std::vector<PlatformConfig> configs{configured(settings)};
  const auto results = run_group(configs, {traces.begin(), traces.end()}, {.limit = limit});
  ASSERT_EQ(results.size(), 1u);
  ASSERT_EQ(results[0].error, "");
  expect_as_on_the_platform(results[0].statistics, platform_run(settings, traces, limit));
}

/// Settings drawn at random from everything that bears on translation.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }
  std::string of(const Settings& choices) { return choices[below(choices.size())]; }

  void tlb(const std::string& path, Settings& settings) {
    const auto add = [&](const std::string& name, const std::string& value) {
      settings.push_back(path + "." + name + "=" + value);
    };
    const std::string organisation =
        of({"burst", "burst", "conventional", "contiguous", "clustered", "colt_fa"});
    add("organisation", organisation);
    add("entries", of({"8", "16", "32", "64", "128"}));
    add("ways", of({"0", "1", "2", "4", "8"}));
    add("units_per_tag", of({"1", "2", "4", "8", "16"}));
    add("fill", of({"single", "line"}));
    add("replacement", of({"lru", "tree_plru", "round_robin", "random"}));
    add("large_pages", of({"side", "replicate"}));
    add("side_entries", of({"1", "4", "8"}));
    add("hit_cycles", of({"1", "1", "4", "6"}));
    if (organisation == "burst") add("context_in", of({"tag", "tdu"}));
  }

  /// Of what one group may differ in.
  Settings own() {
    Settings settings;
    for (const char* path : {"mmu.itlb", "mmu.dtlb", "mmu.l2tlb"}) tlb(path, settings);
    settings.push_back("mmu.page_table_cache.organisation=" +
                       of({"off", "physical", "translation", "translation_path"}));
    settings.push_back("mmu.page_table_cache.invalidation=" +
                       of({"selective", "flush_unless_last_level", "flush_all"}));
    settings.push_back("mmu.page_table_cache.invalidation_cycles=" + of({"1", "300"}));
    settings.push_back("mmu.page_table_cache.entries=" + of({"4", "16", "32"}));
    settings.push_back("mmu.page_table_cache.hash_bits=" + of({"1", "4", "8"}));
    settings.push_back("mmu.walker.ad_update=" + of({"hardware", "fault"}));
    settings.push_back("mmu.refill=" + of({"unit", "entry"}));
    settings.push_back("mmu.check_ownership=" + of({"true", "true", "false"}));
    settings.push_back("hart.cycles_per_instruction=" + of({"1", "3"}));
    settings.push_back("hart.stores_stall=" + of({"true", "false"}));
    settings.push_back("cache.l2.bytes=" + of({"64KiB", "1MiB"}));
    settings.push_back("cache.l2.line_bytes=" + of({"32", "64", "128"}));
    settings.push_back("clock.frequency_mhz=" + of({"2000", "3000"}));
    settings.push_back("clock.quantum_cycles=" + of({"100", "10000"}));
    return settings;
  }
  /// Of what a group has in common.
  Settings common() {
    Settings settings;
    settings.push_back("os.seed=" + of({"1", "2", "3"}));
    settings.push_back("os.premap=" + of({"true", "true", "false"}));
    settings.push_back("os.pages=" + of({"small", "thp", "napot"}));
    settings.push_back("os.placement=" + of({"first_touch", "eager"}));
    settings.push_back("os.aging=" + of({"0.0", "0.5", "1.0"}));
    settings.push_back("os.mode=" + of({"sv48", "sv57"}));
    settings.push_back("os.unmap_interval=" + of({"0", "0", "3000", "701"}));
    settings.push_back("os.remap_interval=" + of({"0", "0", "2000", "503"}));
    settings.push_back("os.context_switch_interval=" + of({"0", "10000"}));
    settings.push_back("os.fuse=" + of({"true", "false"}));
    settings.push_back("os.touch_order=" + of({"program", "trace"}));
    if (below(3) == 0) {
      settings.push_back("os.guest=true");
      settings.push_back("os.host.mode=" + of({"sv39", "sv48", "sv57"}));
      settings.push_back("os.host.pages=" + of({"small", "thp", "napot"}));
      settings.push_back("os.host.aging=" + of({"0.0", "0.6"}));
      settings.push_back("os.host.placement=" + of({"first_touch", "eager"}));
      settings.push_back("os.host.unmap_interval=" + of({"0", "2500", "601"}));
      settings.push_back("os.host.remap_interval=" + of({"0", "2200", "403"}));
    }
    settings.push_back("rmu.enabled=" + of({"true", "true", "false"}));
    settings.push_back("rmu.unowned=" + of({"deny", "deny", "realm_0"}));
    settings.push_back("cache.l1d.bytes=" + of({"8KiB", "32KiB"}));
    settings.push_back("cache.l1d.write_policy=" + of({"write_back", "write_through"}));
    settings.push_back("cache.l1i.line_bytes=" + of({"32", "64"}));
    return settings;
  }

 private:
  std::mt19937_64 random_;
};

/// Settings that fit together; drawn again where they do not.
template <class Make>
Settings legal(Make make) {
  for (;;) {
    Settings settings = make();
    try {
      (void)configured(settings);
      return settings;
    } catch (const InputError&) {
    }
  }
}

class RandomConfigurations : public testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomConfigurations, TheEngineCountsWhatThePlatformCounts) {
  Draw draw(GetParam());
  const std::vector<std::string> all = shipped_traces();
  std::vector<std::string> traces{all[draw.below(all.size())]};
  if (draw.below(4) == 0) traces.push_back(all[draw.below(all.size())]);
  const Settings settings = legal([&] { return draw.common() + draw.own(); });
  expect_agreement(settings, traces, 60'000 + draw.below(40'000));
}
INSTANTIATE_TEST_SUITE_P(Seeds, RandomConfigurations, testing::Range<std::uint64_t>(1, 51));

TEST(Engine, EveryShippedTraceCountsAsOnThePlatform) {
  for (const std::string& trace : shipped_traces()) expect_agreement({}, {trace}, 400'000);
}

TEST(Engine, ManyConfigurationsInOnePassCountAsEachAlone) {
  Draw draw(7);
  const Settings common{"os.aging=0.6", "os.remap_interval=5000", "os.unmap_interval=7000"};
  const std::vector<std::string> traces{shipped("graph"), shipped("script")};
  constexpr std::uint64_t limit = 300'000;
  std::vector<Settings> settings;
  std::vector<PlatformConfig> configs;
  for (int i = 0; i < 24; ++i) {
    settings.push_back(legal([&] { return common + draw.own(); }));
    configs.push_back(configured(settings.back()));
    EXPECT_EQ(engine_group(configs.back()), engine_group(configs.front()));
  }
  const auto results = run_group(configs, {traces.begin(), traces.end()}, {.limit = limit});
  ASSERT_EQ(results.size(), configs.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    SCOPED_TRACE(fmt::format("{}", fmt::join(settings[i], " ")));
    ASSERT_EQ(results[i].error, "");
    expect_as_on_the_platform(results[i].statistics, platform_run(settings[i], traces, limit));
  }
}

/// A trace in which all that a trace can tell happens to a few hundred pages, again and again.
std::string eventful_trace(const Folder& folder, bool ownership) {
  std::mt19937_64 random(11);
  const auto below = [&](std::uint64_t n) {
    return std::uniform_int_distribution<std::uint64_t>(0, n - 1)(random);
  };
  trace::Batch batch;
  std::vector<trace::Record> records;
  std::vector<trace::Event> events;
  const auto event = [&](trace::Event what) {
    records.push_back({.event = static_cast<std::uint32_t>(events.size()),
                       .kind = trace::Kind::event,
                       .size = 0});
    events.push_back(what);
  };
  for (int i = 0; i < 40'000; ++i) {
    const Address page = 0x40'0000 + below(400) * page_bytes;
    const std::uint64_t pages = 1 + below(20);
    switch (below(200)) {
      case 0:
        event(trace::ContextSwitch{{.asid = static_cast<std::uint16_t>(below(3))}});
        break;
      case 1:
        event(trace::Map{page, pages});
        break;
      case 2:
        event(trace::Unmap{page, pages});
        break;
      case 3:
        event(trace::Invalidate{{.operation = Invalidation::Operation::by_va_asid,
                                 .vpn = page >> page_shift,
                                 .pages = pages}});
        break;
      case 4:
        event(trace::Invalidate{{.operation = Invalidation::Operation::by_asid}});
        break;
      default:
        break;
    }
    const auto kind = static_cast<trace::Kind>(below(3));
    records.push_back({.address = page + below(page_bytes),
                       .kind = kind,
                       .size = static_cast<std::uint8_t>(1 + below(16))});
  }
  if (ownership) {
    event(trace::OwnershipChange{0x40'0000, 400, 77});
    records.push_back({.address = 0x40'0000, .kind = trace::Kind::load, .size = 8});
    records.push_back({.address = 0x40'0000, .kind = trace::Kind::load, .size = 8});
  }
  batch.records = records;
  batch.events = events;
  const std::string path = folder / "eventful.ktrace";
  const auto writer = trace::create_trace(path, trace::Format::kilburn);
  writer->append(batch);
  writer->finish();
  return path;
}

/// By path, of one run of the engine.
std::uint64_t count_of(const EngineResult& result, std::string_view path) {
  const auto found = std::ranges::find(result.statistics, path, &StatisticValue::path);
  if (found == result.statistics.end()) {
    ADD_FAILURE() << path;
    return 0;
  }
  return std::get<std::uint64_t>(found->value);
}

TEST(Engine, AFirstLevelTlbSlowerThanItsCacheStallsEveryAccessByTheDifference) {
  // The caches hit in four cycles: look-ups of four are hidden, of nine and six five and two are
  // not.
  const std::vector<PlatformConfig> configs{
      configured({"mmu.itlb.hit_cycles=4", "mmu.dtlb.hit_cycles=4"}),
      configured({"mmu.itlb.hit_cycles=9", "mmu.dtlb.hit_cycles=6"})};
  const auto results = run_group(configs, {shipped("sort")}, {.limit = 50'000});
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(count_of(results[0], "platform.stall_cycles.l1_tlb"), 0u);
  const std::uint64_t fetches = count_of(results[1], "platform.instructions");
  const std::uint64_t data =
      count_of(results[1], "platform.loads") + count_of(results[1], "platform.stores");
  EXPECT_EQ(count_of(results[1], "platform.stall_cycles.l1_tlb"), 5 * fetches + 2 * data);
  expect_as_on_the_platform(
      results[1].statistics,
      platform_run({"mmu.itlb.hit_cycles=9", "mmu.dtlb.hit_cycles=6"}, {shipped("sort")}, 50'000));
}

TEST(Engine, ContentMissesComeOfStoresToCleanPagesAndOfTagsThatProcessesShare) {
  // Two processes of one program: the same pages under the same tags, other contexts in the units.
  // Without a system that maps pages beforehand, with D set, the first store to a page comes back.
  const Settings shared{"mmu.dtlb.context_in=tdu", "os.context_switch_interval=2000"};
  const Settings faulting{"os.premap=false"};
  const std::vector<std::filesystem::path> twice{shipped("sort"), shipped("sort")};
  const auto content_misses = [&](const Settings& settings) {
    const std::vector<PlatformConfig> configs{configured(settings)};
    return count_of(run_group(configs, twice, {.limit = 100'000}).front(), "mmu.dtlb.miss_content");
  };
  EXPECT_EQ(content_misses({"os.context_switch_interval=2000"}), 0u);
  EXPECT_GT(content_misses(shared), 100u);
  EXPECT_GT(content_misses(faulting), 0u);
}

TEST(Engine, EventsOfATraceCountAsOnThePlatform) {
  const Folder folder;
  const std::string trace = eventful_trace(folder, false);
  for (const Settings& settings :
       {Settings{},
        {"os.premap=false", "os.pages=thp"},
        {"os.premap=false", "os.pages=napot"},
        {"mmu.dtlb.organisation=clustered", "mmu.page_table_cache.invalidation=flush_all"}}) {
    expect_agreement(settings, {trace}, UINT64_MAX);
  }
}

TEST(Engine, AnAccessIntoTwoPagesIsMadeAgainWhereTheSecondOneFaults) {
  const Folder folder;
  trace::Batch batch;
  std::vector<trace::Record> records;
  for (Address page = 0; page < 64; ++page) {
    records.push_back({.address = 0x10'0000 + page * page_bytes - 4,
                       .kind = page % 2 == 0 ? trace::Kind::store : trace::Kind::load,
                       .size = 8});
  }
  batch.records = records;
  const std::string path = folder / "crossing.ktrace";
  const auto writer = trace::create_trace(path, trace::Format::kilburn);
  writer->append(batch);
  writer->finish();
  expect_agreement({"os.premap=false"}, {path}, UINT64_MAX);
  expect_agreement({"os.premap=false", "mmu.dtlb.ways=1", "mmu.walker.ad_update=fault"}, {path},
                   UINT64_MAX);
}

TEST(Engine, OneConfigurationFailsAndTheOthersGoOn) {
  const Folder folder;
  const std::string trace = eventful_trace(folder, true);
  const std::vector<PlatformConfig> configs{configured({}),
                                            configured({"mmu.check_ownership=false"}),
                                            configured({"mmu.dtlb.entries=16"})};
  const auto results = run_group(configs, {trace});
  ASSERT_EQ(results.size(), 3u);
  for (const std::size_t denied : {0U, 2U}) {
    EXPECT_THAT(results[denied].error, testing::HasSubstr("eventful.ktrace"));
    EXPECT_THAT(results[denied].error, testing::HasSubstr("access fault"));
    EXPECT_TRUE(results[denied].statistics.empty());
  }
  EXPECT_EQ(results[1].error, "");
  expect_as_on_the_platform(results[1].statistics,
                            platform_run({"mmu.check_ownership=false"}, {trace}, UINT64_MAX));
}

TEST(Engine, WhatFailsForAllIsThrown) {
  const std::vector<PlatformConfig> configs{configured({})};
  EXPECT_THROW((void)run_group(configs, {"/no/such.ktrace"}), InputError);
  const std::vector<PlatformConfig> small{configured({"os.arena_bytes=1MiB"})};
  EXPECT_THROW((void)run_group(small, {shipped("graph")}), InputError);
}

TEST(Engine, AnInterruptEndsThePassAndEveryResultSaysSo) {
  std::atomic<bool> interrupt{false};
  std::uint64_t seen = 0;
  const std::vector<PlatformConfig> configs(3, configured({}));
  const auto results = run_group(configs, {shipped("graph")},
                                 {.interrupt = &interrupt, .progress = [&](std::uint64_t done) {
                                    seen = done;
                                    interrupt = true;
                                  }});
  EXPECT_GT(seen, 0u);
  for (const EngineResult& result : results) {
    EXPECT_EQ(result.error, "interrupted");
    EXPECT_TRUE(result.statistics.empty());
  }
}

TEST(Engine, ProgressEndsAtTheAccessesOfAllConfigurations) {
  std::uint64_t seen = 0;
  const std::vector<PlatformConfig> configs(3, configured({}));
  (void)run_group(configs, {shipped("sort")},
                  {.limit = 100'000, .progress = [&](std::uint64_t done) { seen = done; }});
  EXPECT_EQ(seen, 300'000u);
}

TEST(Engine, RtlIsThePlatforms) {
  EXPECT_EQ(obstacle_to_engine(configured({})), "");
  EXPECT_EQ(obstacle_to_engine(configured({"mmu.dtlb.implementation=rtl"})),
            "mmu.dtlb.implementation is rtl");
  EXPECT_EQ(obstacle_to_engine(configured({"mmu.itlb.implementation=lockstep"})),
            "mmu.itlb.implementation is lockstep");
}

TEST(Engine, WhatDecidesFramesAndFirstLevelLinesSeparatesGroups) {
  const std::string group = engine_group(configured({}));
  for (const char* common :
       {"os.seed=2", "os.aging=0.5", "cache.l1d.bytes=64KiB", "memory.channels=2",
        "rmu.enabled=false", "interconnect.latency_cycles=9", "mmu.invalidation_cycles=9"}) {
    EXPECT_NE(engine_group(configured({common})), group) << common;
  }
  for (const char* own : {"mmu.dtlb.entries=32", "mmu.walker.svnapot=false", "cache.l2.ways=8",
                          "hart.stores_stall=true", "clock.quantum_cycles=5"}) {
    EXPECT_EQ(engine_group(configured({own})), group) << own;
  }
}

}  // namespace
}  // namespace kilburn::platform
