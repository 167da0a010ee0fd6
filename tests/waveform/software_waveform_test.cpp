// kilburn run --elf --vcd: what the waveform of software shows, and that taking it changes nothing.
#include <nlohmann/json.hpp>

#include "process.h"
#include "waveform/vcd_reader.h"

namespace kilburn::platform {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t period_ps = 500;  // of 2 GHz

const Arguments lockstep =
    set({"mmu.dtlb.replacement=tree_plru", "mmu.dtlb.implementation=lockstep"});

/// The times at which a signal of one bit is high, sampled.
std::vector<std::uint64_t> high(const VcdReader& read, const std::string& signal,
                                std::uint64_t from, std::uint64_t until) {
  std::vector<std::uint64_t> times;
  for (std::uint64_t t = from; t < until; t += period_ps) {
    if (read.at(signal, t) == 1) times.push_back(t);
  }
  return times;
}

TEST(SoftwareWaveform, ShowsTheHartsAccessesAndWhatItsTlbAnswers) {
  const Folder folder;
  const Arguments run{"--elf", guest("pointer_chase_4k_short"), "--set", "riscv.timing=ideal"};
  // The guest chases in translated user mode by then.
  constexpr std::uint64_t from = 3'000'000, until = 3'004'000;
  const std::string without = statistics_of(run + lockstep);
  const std::string with = statistics_of(
      run + lockstep +
      Arguments{"--vcd", folder / "w.vcd", "--vcd-from", std::to_string(from), "--vcd-until",
                std::to_string(until), "--trace-scope", "hart", "--trace-scope", "mmu.dtlb",
                "--trace-scope", "mmu.l2tlb", "--trace-scope", "hart0"});
  EXPECT_EQ(with, without);

  const VcdReader read(folder / "w.vcd");
  EXPECT_GE(read.first_time(), from * period_ps);
  EXPECT_EQ(read.last_time(), until * period_ps);
  const auto accesses = high(read, "hart.access_valid", read.first_time(), until * period_ps);
  ASSERT_GT(accesses.size(), 100u);
  std::size_t translated = 0;
  for (const std::uint64_t t : accesses) {
    if (read.at("hart.translated", t) == 0) continue;
    ++translated;
    const std::uint64_t page = read.at("hart.va", t) >> 12;
    EXPECT_EQ(read.at("mmu.dtlb.lookup_vpn_i", t), page) << "at " << t;
    EXPECT_EQ(read.at("mmu.dtlb.rtl.lookup_outcome_o", t),
              read.at("mmu.dtlb.model.lookup_outcome_o", t))
        << "at " << t;
  }
  EXPECT_GT(translated, 100u);
  EXPECT_EQ(read.changes("mmu.dtlb.mismatch"), 1u) << "never high";
  EXPECT_GT(read.changes("hart.pc"), 500u);
  EXPECT_GT(read.changes("mmu.l2tlb.lookups"), 10u);
  EXPECT_GT(read.at("hart0.instructions", read.last_time()), 1'000'000u);
  EXPECT_THAT(contents(folder / "w.gtkw"), HasSubstr("hart.pc[63:0]"));
  EXPECT_THAT(contents(folder / "w.gtkw"), HasSubstr("mmu.dtlb.rtl.lookup_valid_o"));
}

TEST(SoftwareWaveform, OfTheWholeRunHasEachInstruction) {
  const Folder folder;
  const Arguments run{"--elf",      guest("htif"), "--vcd",         folder / "w.vcd",
                      "--vcd-from", "0",           "--trace-scope", "hart"};
  const std::string without = statistics_of({"--elf", guest("htif")});
  EXPECT_EQ(statistics_of(run), without);
  const VcdReader read(folder / "w.vcd");
  const auto statistics = nlohmann::json::parse(without);
  const auto instructions = statistics["hart0"]["instructions"].get<std::uint64_t>();
  // One a cycle at most; where they follow one another the signal stays high.
  EXPECT_EQ(high(read, "hart.instruction_valid", read.first_time(), read.last_time()).size(),
            instructions);
}

TEST(SoftwareWaveform, OfASecondHartIsTheSecondHarts) {
  const Folder folder;
  const Arguments run = Arguments{"run",   "--elf",          guest("two_hart_storm_short"),
                                  "--vcd", folder / "w.vcd", "--vcd-hart",
                                  "1",     "--vcd-until",    "200000"} +
                        set({"riscv.harts=2"});
  const Outcome outcome = kilburn(run);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  const VcdReader read(folder / "w.vcd");
  EXPECT_GT(read.changes("hart.pc"), 100u);
  // In the TLBs the VMID's upper bits keep harts apart: the first has 0 there.
  EXPECT_EQ(read.at("hart.vmid", read.last_time()), 0x8000u);
}

TEST(SoftwareWaveform, OfAHartThatIsNotThereIsRefused) {
  const Folder folder;
  const Outcome outcome =
      kilburn({"run", "--elf", guest("hello"), "--vcd", folder / "w.vcd", "--vcd-hart", "1"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--vcd-hart 1: allowed are 0 to 0"));
}

TEST(SoftwareWaveform, WhoseWindowTheRunDoesNotReachIsSaidToShowNothing) {
  const Folder folder;
  for (const Arguments& run : {Arguments{"--elf", guest("hello")},
                               Arguments{"--trace", shipped("sort"), "--limit", "100"}}) {
    const Outcome outcome =
        kilburn(Arguments{"run", "--vcd", folder / "w.vcd", "--vcd-from", "99000000000"} + run);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.err, HasSubstr("--vcd-from 99000000000: "));
    EXPECT_THAT(outcome.err, HasSubstr("shows nothing: the run ended before"));
  }
}

TEST(SoftwareWaveform, IsNotTakenWithATrace) {
  const Outcome outcome =
      kilburn({"run", "--elf", guest("hello"), "--vcd", "w.vcd", "--record", "t.ktrace"});
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("--vcd excludes --record"));
}

}  // namespace
}  // namespace kilburn::platform
