// kilburn run --record: what guests asked of their TLBs, and what a replay of it counts.
#include <fmt/format.h>

#include <cstdlib>
#include <list>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "common/error.h"
#include "platform/software/elf_file.h"
#include "platform/software/symbol_table.h"
#include "process.h"
#include "trace/trace.h"

namespace kilburn::platform {
namespace {

using testing::HasSubstr;
using trace::Kind;
using trace::Record;
using Json = nlohmann::json;

template <class Visit>
void for_each_record(const std::string& file, Visit visit) {
  const auto reader = trace::open_trace(file);
  for (auto batch = reader->next(); !batch.empty(); batch = reader->next()) {
    for (const Record& record : batch.records) visit(record);
  }
}

std::vector<Record> records_of(const std::string& file) {
  std::vector<Record> records;
  for_each_record(file, [&](const Record& record) { records.push_back(record); });
  return records;
}

/// Pages that an access touches.
std::uint64_t pages_of(const Record& record) {
  const Address last = record.address + record.size - 1;
  return record.address >> page_shift == last >> page_shift ? 1 : 2;
}

struct Counted {
  std::uint64_t fetched_pages = 0;
  std::uint64_t data_pages = 0;  ///< of loads and stores
  std::uint64_t loads = 0;
  std::uint64_t stores = 0;
  std::uint64_t records = 0;
};

Counted count(const std::string& file) {
  Counted counted;
  for_each_record(file, [&](const Record& record) {
    ++counted.records;
    if (record.kind == Kind::event) return;
    (record.kind == Kind::fetch ? counted.fetched_pages : counted.data_pages) += pages_of(record);
    if (record.kind == Kind::load) ++counted.loads;
    if (record.kind == Kind::store) ++counted.stores;
  });
  return counted;
}

/// A guest's run, recorded into a folder of its own.
class Recorded {
 public:
  explicit Recorded(const std::string& name, const std::vector<std::string>& settings = {},
                    const Arguments& options = {}) {
    const Arguments run = Arguments{"run", "--elf", guest(name)} + set(settings);
    outcome_ =
        kilburn(run + Arguments{"--record", trace(), "--stats", folder_ / "s.json"} + options);
    statistics_ = contents(folder_ / "s.json");
    values_ = Json::parse(statistics_);
  }
  [[nodiscard]] std::string trace() const { return folder_ / "t.ktrace"; }
  [[nodiscard]] std::string trace(unsigned hart) const {
    return folder_ / fmt::format("t.hart{}.ktrace", hart);
  }
  [[nodiscard]] const Outcome& outcome() const { return outcome_; }
  [[nodiscard]] const std::string& statistics() const { return statistics_; }
  [[nodiscard]] std::uint64_t at(const std::string& path) const {
    return values_.at(Json::json_pointer(path)).get<std::uint64_t>();
  }
  [[nodiscard]] std::uint64_t misses(const std::string& tlb) const {
    return at(tlb + "/lookups") - at(tlb + "/hits");
  }

 private:
  Folder folder_;
  Outcome outcome_;
  std::string statistics_;
  Json values_;
};

/// Misses of a fully associative TLB of one page an entry, by the least recent use.
std::uint64_t lru_misses(const std::vector<Record>& records, std::size_t entries) {
  std::list<PageNumber> order;
  std::unordered_map<PageNumber, std::list<PageNumber>::iterator> held;
  std::uint64_t misses = 0;
  const auto touch = [&](PageNumber page) {
    if (const auto at = held.find(page); at != held.end()) {
      order.splice(order.begin(), order, at->second);
      return;
    }
    ++misses;
    if (held.size() == entries) {
      held.erase(order.back());
      order.pop_back();
    }
    order.push_front(page);
    held[page] = order.begin();
  };
  for (const Record& record : records) {
    if (record.kind != Kind::load && record.kind != Kind::store) continue;
    touch(record.address >> page_shift);
    if (pages_of(record) == 2) touch((record.address >> page_shift) + 1);
  }
  return misses;
}

const std::vector<std::string> conventional = {"mmu.itlb.organisation=conventional",
                                               "mmu.dtlb.organisation=conventional",
                                               "mmu.l2tlb.organisation=conventional",
                                               "mmu.dtlb.entries=64",
                                               "mmu.dtlb.ways=0",
                                               "mmu.dtlb.replacement=lru"};

TEST(Record, TheStatisticsOfTheRunAreTheSameAsWithout) {
  const std::vector<std::pair<std::string, std::string>> runs = {
      {"mix_sv39_short", "1"}, {"two_hart_storm_short", "2"}, {"hypervisor_test", "1"}};
  for (const auto& [name, harts] : runs) {
    SCOPED_TRACE(name);
    const Recorded recorded(name, {"riscv.harts=" + harts});
    EXPECT_EQ(recorded.outcome().status, 0) << recorded.outcome().err;
    EXPECT_EQ(recorded.statistics(),
              statistics_of(Arguments{"--elf", guest(name)} + set({"riscv.harts=" + harts})));
  }
}

TEST(Record, EachLookupOfATlbIsARecordOfThatPage) {
  const Recorded chase("pointer_chase_4k_short");
  ASSERT_EQ(chase.outcome().status, 0) << chase.outcome().err;
  const Counted content = count(chase.trace());
  EXPECT_EQ(content.fetched_pages, chase.at("/hart0/itlb/lookups"));
  EXPECT_EQ(content.data_pages, chase.at("/hart0/dtlb/lookups"));
  EXPECT_GT(content.loads, 0U);
  EXPECT_GT(content.stores, 0U);
}

// Three rounds, one for each paging mode; in each, one process loads from what it must not.
TEST(Record, AnAccessThatFaultsIsALookupButNoRecord) {
  const Recorded processes("processes");
  ASSERT_EQ(processes.outcome().status, 0) << processes.outcome().err;
  const Counted content = count(processes.trace());
  EXPECT_EQ(processes.at("/mmu/walker/page_faults"), 3U);
  EXPECT_EQ(content.fetched_pages, processes.at("/hart0/itlb/lookups"));
  EXPECT_EQ(content.data_pages + 3, processes.at("/hart0/dtlb/lookups"));
}

TEST(Record, OfSeveralHartsEachHasItsTrace) {
  const Recorded storm("two_hart_storm_short", {"riscv.harts=2"});
  ASSERT_EQ(storm.outcome().status, 0) << storm.outcome().err;
  EXPECT_EQ(count(storm.trace(0)).records, 0U) << "hart 0 stays in machine mode";
  const Counted hammer = count(storm.trace(1));
  EXPECT_EQ(hammer.fetched_pages, storm.at("/hart1/itlb/lookups"));
  // Its loads of unmapped pages fault: all page faults of the run are these.
  EXPECT_EQ(hammer.data_pages + storm.at("/mmu/walker/page_faults"),
            storm.at("/hart1/dtlb/lookups"));
  for_each_record(storm.trace(1), [](const Record& record) { ASSERT_EQ(record.requester, 1); });
  EXPECT_FALSE(std::filesystem::exists(storm.trace()));
}

/// The guest's random numbers (sw/runtime/random.h: xorshift64*).
class GuestRandom {
 public:
  std::uint64_t below(std::uint64_t limit) {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return (state_ * 0x2545F4914F6CDD1D >> 32) * limit >> 32;
  }

 private:
  std::uint64_t state_ = 1;
};

/// Where the pointer chase's nodes lead (sw/guests/pointer_chase.c: Sattolo's algorithm).
std::vector<std::uint64_t> chain(std::uint64_t nodes) {
  std::vector<std::uint64_t> next(nodes);
  for (std::uint64_t i = 0; i < nodes; ++i) next[i] = i;
  GuestRandom random;
  for (std::uint64_t i = nodes - 1; i > 0; --i) std::swap(next[i], next[random.below(i)]);
  return next;
}

TEST(Record, ThePointerChaseIsRecordedAlongItsChain) {
  constexpr Address base = Address{1} << 36;
  constexpr std::uint64_t line = 64;
  constexpr std::uint64_t nodes = (std::uint64_t{1} << 22) / line;
  constexpr std::uint64_t hops = 2 * nodes;
  const Recorded chase("pointer_chase_4k_short");
  ASSERT_EQ(chase.outcome().status, 0) << chase.outcome().err;
  const std::vector<Record> all = records_of(chase.trace());
  // The chase ends the work in the arena: its last `hops` loads there.
  std::vector<std::size_t> loads;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Record& record = all[i];
    if (record.kind == Kind::load && record.address - base < nodes * line) loads.push_back(i);
  }
  ASSERT_GT(loads.size(), hops);
  const auto next = chain(nodes);
  std::uint64_t node = 0;
  const std::size_t first = loads.size() - hops;
  for (std::size_t i = first; i < loads.size(); ++i) {
    const Record& load = all[loads[i]];
    ASSERT_EQ(load.address, base + node * line) << "hop " << i - first;
    ASSERT_EQ(load.size, 8);
    node = next[node];
    if (i == first) continue;
    // Each hop executes the same few instructions, and nothing else touches memory.
    ASSERT_EQ(loads[i] - loads[i - 1], loads[first + 1] - loads[first]);
    for (std::size_t k = loads[i - 1] + 1; k < loads[i]; ++k) {
      ASSERT_EQ(all[k].kind, Kind::fetch);
      ASSERT_EQ(all[k].address, all[k - loads[i - 1] + loads[first]].address);
    }
  }
  EXPECT_EQ(node, 0U);
}

TEST(Record, EveryInstructionIsFetchedFromTheProgram) {
  const Recorded mix("mix_sv39_short");
  ASSERT_EQ(mix.outcome().status, 0) << mix.outcome().err;
  const software::ElfFile program(guest("mix_sv39_short"), 0);
  const Address begin = program.symbols().find("kilburn_image").value();
  const Address end = program.symbols().find("kilburn_text_end").value();
  // All address spaces map its way between user and kernel here (sw/runtime/layout.h).
  constexpr Address trampoline = 0x3FFFFFF000;
  std::uint64_t fetches = 0;
  std::uint64_t strays = 0;
  for_each_record(mix.trace(), [&](const Record& record) {
    if (record.kind != Kind::fetch) return;
    ++fetches;
    const bool in_program = record.address >= begin && record.address < end;
    if (!in_program && record.address >> page_shift != trampoline >> page_shift) ++strays;
  });
  EXPECT_EQ(strays, 0U);
  EXPECT_GT(fetches, 5'000'000U) << "what the guest itself says it executed in the process";
}

// The arena is on pages of 4 KiB, and a TLB of this organisation holds the other pages in pieces of
// 4 KiB, too: nothing that it counts depends on who made the page tables.
TEST(Record, AReplayMissesAsOftenAsTheRunWherePagesAreAlike) {
  const Recorded chase("pointer_chase_4k_short", conventional);
  ASSERT_EQ(chase.outcome().status, 0) << chase.outcome().err;
  EXPECT_EQ(chase.misses("/hart0/dtlb"), lru_misses(records_of(chase.trace()), 64));
  const Json replay = Json::parse(statistics_of(Arguments{"--trace", chase.trace()} +
                                                set(conventional) + set({"os.pages=small"})));
  for (const std::string tlb : {"itlb", "dtlb"}) {
    EXPECT_EQ(replay["mmu"][tlb]["lookups"], chase.at("/hart0/" + tlb + "/lookups"));
    EXPECT_EQ(replay["mmu"][tlb]["hits"], chase.at("/hart0/" + tlb + "/hits"));
  }
}

// sfence.vma after each of 200 changes, by hart 1 itself.
TEST(Record, FencesAreReplayed) {
  const Recorded storm("two_hart_storm_short", {"riscv.harts=2"});
  ASSERT_EQ(storm.outcome().status, 0) << storm.outcome().err;
  const Json replay = Json::parse(statistics_of({"--trace", storm.trace(1)}));
  // One switch to the address space, and the invalidations.
  const std::uint64_t invalidations = replay["platform"]["events"].get<std::uint64_t>() - 1;
  EXPECT_GT(invalidations, 100U);
  EXPECT_LE(invalidations, 201U) << "one more fence when the storm begins";
  EXPECT_EQ(replay["mmu"]["page_table_cache"]["invalidations"], invalidations);
}

TEST(Record, TheSummarySaysWhatIsThereAndWhatIsNot) {
  const Recorded mix("mix_sv39_short");
  const Counted content = count(mix.trace());
  EXPECT_THAT(mix.outcome().out,
              HasSubstr(fmt::format("{} loads, {} stores", content.loads, content.stores)));
  EXPECT_THAT(mix.outcome().out, HasSubstr("3 address spaces"));
  EXPECT_THAT(mix.outcome().out, HasSubstr(" that were not translated"));
  const Outcome info = kilburn({"trace", "info", mix.trace()});
  EXPECT_EQ(info.status, 0) << info.err;
  EXPECT_THAT(info.out, HasSubstr("mix_sv39_short.elf"));
  EXPECT_THAT(info.out, HasSubstr("canonical from Sv39 on"));
}

TEST(Record, FromAndLimitCutTheTraceAndNotTheRun) {
  const Recorded part("pointer_chase_4k_short", {},
                      {"--record-from", "1000", "--record-limit", "5000"});
  ASSERT_EQ(part.outcome().status, 0) << part.outcome().err;
  const Recorded whole("pointer_chase_4k_short");
  EXPECT_EQ(part.statistics(), whole.statistics());
  const std::vector<Record> of_part = records_of(part.trace());
  const std::vector<Record> of_whole = records_of(whole.trace());
  // Each begins with the switch to its address space.
  ASSERT_EQ(of_part.size(), 5001U);
  for (std::size_t i = 1; i <= 5000; ++i) ASSERT_EQ(of_part[i], of_whole[i + 1000]) << i;
  EXPECT_THAT(part.outcome().out, HasSubstr("ended after 5000 accesses"));
}

// Before the window the hart takes its fast path, and only counts. `one by one` it sees everything.
TEST(Record, AWindowIsTheSameWhetherTheHartCameToItOnItsFastPathOrNot) {
  struct Guest {
    std::string name;
    unsigned harts;
    unsigned hart;  ///< whose trace
    std::string from;
  };
  for (const Guest& each : {Guest{"processes", 1, 0, "200000"},
                            {"hypervisor_test", 1, 0, "5000000"},
                            {"mix_sv39_short", 1, 0, "5000000"},
                            {"two_hart_storm_short", 2, 1, "2000000"}}) {
    SCOPED_TRACE(each.name);
    const std::string harts = fmt::format("riscv.harts={}", each.harts);
    const Arguments window{"--record-from", each.from, "--record-limit", "30000"};
    const Recorded fast(each.name, {harts}, window);
    const Recorded slow(each.name, {harts, "riscv.fast_path=false"}, window);
    ASSERT_EQ(fast.outcome().status, 0) << fast.outcome().err;
    EXPECT_EQ(fast.statistics(), slow.statistics());
    const auto trace = [&](const Recorded& recorded) {
      return contents(each.harts == 1 ? recorded.trace() : recorded.trace(each.hart));
    };
    EXPECT_EQ(trace(fast), trace(slow));
    const std::string file = each.harts == 1 ? fast.trace() : fast.trace(each.hart);
    EXPECT_GT(count(file).records, 30000U);  // switches of address space are beside them
  }
}

/// Of the host's time, as the run itself says.
double seconds_of(const Outcome& outcome) {
  const std::size_t at = outcome.out.find(" s of host time");
  return std::stod(outcome.out.substr(outcome.out.rfind(' ', at - 1)));
}

TEST(Record, UntilItsWindowARunIsAsFastAsWithoutOne) {
  const Recorded whole("mix_sv39_short");
  const Recorded none("mix_sv39_short", {}, {"--record-from", "1000000000000"});
  EXPECT_EQ(count(none.trace()).records, 0U);
  EXPECT_THAT(none.outcome().out, HasSubstr("fast path on but within the recording"));
  EXPECT_LT(3 * seconds_of(none.outcome()), seconds_of(whole.outcome())) << "some twenty times";
}

TEST(Record, ATimeoutLeavesATraceThatCanBeRead) {
  const Recorded stress("page_table_stress_short", {}, {"--timeout-ms", "2"});
  EXPECT_EQ(stress.outcome().status, 124);
  const Counted content = count(stress.trace());
  EXPECT_GT(content.fetched_pages, 100'000U);
  EXPECT_LE(content.fetched_pages, stress.at("/hart0/itlb/lookups"));
}

TEST(Record, CtrlCLeavesATraceThatCanBeRead) {
  const Folder folder;
  Process run({"run", "--elf", guest("mix"), "--record", folder / "t.ktrace"});
  const std::string partial = folder / "t.ktrace.partial";
  ASSERT_TRUE(wait_until([&] { return position_in(partial, run.pid()) > 0; }, "a block on disk"));
  ASSERT_EQ(kill(run.pid(), SIGINT), 0);
  const Outcome outcome = run.wait();
  EXPECT_EQ(outcome.status, 130);
  EXPECT_EQ(kilburn({"trace", "info", folder / "t.ktrace"}).status, 0);
  EXPECT_FALSE(std::filesystem::exists(folder / "t.ktrace.partial"));
}

TEST(Record, APlaceThatCannotBeWrittenIsRefusedBeforeTheRun) {
  const Folder folder;
  for (const std::string& place : {folder / "missing/t.ktrace", std::string("/dev/full"),
                                   std::filesystem::path(folder / "x").parent_path().string()}) {
    const Outcome outcome = kilburn({"run", "--elf", guest("hello"), "--record", place});
    EXPECT_EQ(outcome.status, 2) << place;
    EXPECT_EQ(outcome.out, "") << "the guest has not run";
    EXPECT_THAT(outcome.err, HasSubstr("cannot")) << place;
  }
  EXPECT_TRUE(folder.empty());
}

TEST(Record, WhereTheDiskIsFullTheRunEndsAndWholeBlocksCanBeKept) {
  const Folder folder;
  const std::string trace = folder / "t.ktrace";
  // A limit on the size of files, as a disk that becomes full: POSIX counts 512 bytes.
  const std::string command = fmt::format(
      "trap '' XFSZ; ulimit -f 600; exec {} run --elf {} --record {} "
      "</dev/null >{} 2>{}",
      kilburn_program(), guest("pointer_chase_4k_short"), trace, folder / "out", folder / "err");
  const int status = std::system(command.c_str());  // NOLINT: names of temporary files only
  EXPECT_EQ(WEXITSTATUS(status), 2);
  const std::string error = contents(folder / "err");
  EXPECT_THAT(error, HasSubstr("cannot be written"));
  EXPECT_THAT(error, HasSubstr("can be kept: kilburn trace convert --salvage"));
  EXPECT_FALSE(std::filesystem::exists(trace));
  const Outcome salvage =
      kilburn({"trace", "convert", "--salvage", trace + ".partial", folder / "kept.ktrace"});
  ASSERT_EQ(salvage.status, 0) << salvage.err;
  const std::uint64_t kept = count(folder / "kept.ktrace").records;
  EXPECT_GT(kept, 0U);
  EXPECT_THAT(error, HasSubstr(fmt::format("its first {} records", kept)));
}

TEST(Record, OptionsOfTheRecordingNeedOne) {
  for (const Arguments& wrong :
       {Arguments{"--trace", shipped("sort"), "--record", "t.ktrace"},
        Arguments{"--elf", guest("hello"), "--record-limit", "5"},
        Arguments{"--elf", guest("hello"), "--record-from", "5"},
        Arguments{"--elf", guest("hello"), "--record", "t.ktrace", "--record-limit", "0"}}) {
    const Outcome outcome = kilburn(Arguments{"run"} + wrong);
    EXPECT_EQ(outcome.status, 2) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr("--record"));
  }
}

}  // namespace
}  // namespace kilburn::platform
