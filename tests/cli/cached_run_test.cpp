// What first-level caches of harts count, against a replay of the same accesses by the trace
// player.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/memory_guest.h"
#include "process.h"

namespace kilburn::platform {
namespace {

using Json = nlohmann::json;
using memory_guest::code_of_the_way_in;
using memory_guest::guest_file;

/// A run and a replay of what it recorded.
struct RunAndReplay {
  Json run;
  Json replay;
};

RunAndReplay run_and_replay(const std::vector<std::string>& settings, bool atomics) {
  const Folder folder;
  const auto elf = guest_file(atomics);
  const std::string file =
      folder.write("guest.elf", {reinterpret_cast<const char*>(elf.data()), elf.size()});
  const std::string trace = folder / "t.ktrace";
  const Outcome run =
      kilburn(Arguments{"run", "--elf", file, "--record", trace, "--stats", folder / "run.json"} +
              set(settings));
  EXPECT_EQ(run.status, 0) << run.err;
  return {.run = Json::parse(contents(folder / "run.json")),
          .replay = Json::parse(statistics_of(Arguments{"--trace", trace} + set(settings) +
                                              set({"os.mode=sv39", "os.pages=small"})))};
}

std::uint64_t at(const Json& statistics, const std::string& path) {
  return statistics.at(Json::json_pointer(path)).get<std::uint64_t>();
}

/// Small enough that every level misses, and with sets of lines within the offset in a page, so
/// that which frames an operating system chooses makes no difference.
const std::vector<std::string> comparable = {"rmu.enabled=false",
                                             "mmu.itlb.organisation=conventional",
                                             "mmu.dtlb.organisation=conventional",
                                             "mmu.l2tlb.organisation=conventional",
                                             "mmu.dtlb.entries=8",
                                             "mmu.l2tlb.entries=16",
                                             "mmu.l2tlb.ways=16",
                                             "cache.l1i.bytes=128",
                                             "cache.l1i.ways=1",
                                             "cache.l1d.bytes=8192",
                                             "cache.l1d.ways=8",
                                             "cache.l2.bytes=16384",
                                             "cache.l2.ways=16"};
/// Nor with these for DRAM's time: one bank, in which every access takes as long.
const std::vector<std::string> plain_dram = {"memory.banks=1", "memory.row_hit_cycles=50",
                                             "memory.row_miss_cycles=50",
                                             "memory.row_conflict_cycles=50"};

std::vector<std::string> both(std::vector<std::string> settings,
                              const std::vector<std::string>& more) {
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

/// What machine mode did before, which no trace has: its lines were fetched once, each from DRAM,
/// and not again.
struct WayIn {
  std::uint64_t instructions = code_of_the_way_in().size();
  std::uint64_t lines = (4 * instructions + line_bytes - 1) / line_bytes;
};

TEST(CachedRun, CountsInEveryLevelWhatAReplayOfItsAccessesCounts) {
  const auto [run, replay] = run_and_replay(comparable, true);
  const WayIn before;
  for (const std::string kind : {"load", "store"}) {
    for (const std::string result : {"_hits", "_misses"}) {
      EXPECT_EQ(at(run, "/hart0/cache/l1d/" + kind + result),
                at(replay, "/cache/l1d/" + kind + result));
    }
  }
  EXPECT_EQ(at(run, "/hart0/cache/l1d/writebacks"), at(replay, "/cache/l1d/writebacks"));
  EXPECT_EQ(at(run, "/hart0/cache/l1i/fetch_hits"),
            at(replay, "/cache/l1i/fetch_hits") + before.instructions - before.lines);
  EXPECT_EQ(at(run, "/hart0/cache/l1i/fetch_misses"),
            at(replay, "/cache/l1i/fetch_misses") + before.lines);
  for (const std::string kind : {"load", "store", "table_read", "fetch"}) {
    const std::uint64_t more = kind == "fetch" ? before.lines : 0;
    EXPECT_EQ(at(run, "/cache/l2/" + kind + "_hits"), at(replay, "/cache/l2/" + kind + "_hits"));
    EXPECT_EQ(at(run, "/cache/l2/" + kind + "_misses"),
              at(replay, "/cache/l2/" + kind + "_misses") + more);
  }
  EXPECT_EQ(at(run, "/cache/l2/writebacks"), at(replay, "/cache/l2/writebacks"));
  EXPECT_EQ(at(run, "/memory/reads"), at(replay, "/memory/reads") + before.lines);
  EXPECT_EQ(at(run, "/memory/writes"), at(replay, "/memory/writes"));
  // None of it was equal because nothing happened.
  for (const std::string path :
       {"/cache/l1i/fetch_misses", "/cache/l1d/load_misses", "/cache/l1d/store_misses",
        "/cache/l1d/writebacks", "/cache/l2/load_hits", "/cache/l2/load_misses",
        "/cache/l2/store_hits", "/cache/l2/table_read_hits", "/cache/l2/writebacks"}) {
    EXPECT_GT(at(replay, path), 10u) << path;
  }
}

// Interrupts, fences, several harts; DRAM's banks and buses remember when they were used.
TEST(CachedRun, HasTheSameStatisticsWithTheFastPathOff) {
  const std::vector<std::pair<std::string, std::string>> runs = {{"mix_sv39_short", "1"},
                                                                 {"timer_test", "1"},
                                                                 {"hypervisor_test", "1"},
                                                                 {"processes", "1"},
                                                                 {"two_hart_storm_short", "2"}};
  for (const auto& [name, harts] : runs) {
    SCOPED_TRACE(name);
    const Arguments run = Arguments{"--elf", guest(name)} + set({"riscv.harts=" + harts});
    const std::string fast = statistics_of(run);
    EXPECT_EQ(fast, statistics_of(run + set({"riscv.fast_path=false"})));
    EXPECT_GT(at(Json::parse(fast), "/hart0/cache/l1d/hits"), 100u);
  }
}

TEST(CachedRun, WithIdealTimingNoHartAsksTheL2) {
  const Json run = Json::parse(
      statistics_of(Arguments{"--elf", guest("mix_sv39_short")} + set({"riscv.timing=ideal"})));
  EXPECT_FALSE(run["hart0"].contains("cache"));
  EXPECT_FALSE(run["hart0"].contains("stall_cycles"));
  for (const std::string kind : {"fetch", "load", "store"}) {
    EXPECT_EQ(at(run, "/cache/l2/" + kind + "_hits"), 0u);
    EXPECT_EQ(at(run, "/cache/l2/" + kind + "_misses"), 0u);
  }
  EXPECT_GT(at(run, "/cache/l2/table_read_misses"), 0u);
}

// Without atomic operations: a trace cannot say that the hart waits for those.
TEST(CachedRun, WaitsAsLongAsItsReplayWhereDramTakesAsLongForEveryLine) {
  const auto [run, replay] = run_and_replay(both(comparable, plain_dram), false);
  const WayIn before;
  for (const std::string cause : {"l2_tlb", "walk", "load", "store"}) {
    EXPECT_EQ(at(run, "/hart0/stall_cycles/" + cause),
              at(replay, "/platform/stall_cycles/" + cause))
        << cause;
  }
  EXPECT_GT(at(replay, "/platform/stall_cycles/load"), 100'000u);
  // L2, interconnect, a line's beats there, DRAM, a line's burst: the defaults, and plain_dram.
  constexpr std::uint64_t from_dram = 14 + 4 + line_bytes / 32 + 50 + 5;
  EXPECT_EQ(at(run, "/hart0/stall_cycles/fetch"),
            at(replay, "/platform/stall_cycles/fetch") + before.lines * from_dram);
  const std::uint64_t untranslated =
      at(run, "/hart0/instructions") - at(replay, "/platform/instructions");
  EXPECT_EQ(at(run, "/hart0/cycles"), at(replay, "/platform/cycles") + untranslated +
                                          before.lines * from_dram +
                                          at(run, "/hart0/stall_cycles/device"));
}

}  // namespace
}  // namespace kilburn::platform
