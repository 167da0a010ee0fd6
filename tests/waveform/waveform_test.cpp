// --vcd as it is given first, without a window; what a viewer opens on; FST.
#include "platform/waveform/waveform_file.h"
#include "process.h"
#include "waveform/vcd_reader.h"

namespace kilburn::platform {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t period_ps = 500;  // of 2 GHz
constexpr std::uint64_t window_ps = 100'000 * period_ps;

std::uint64_t start_of_viewer(const std::string& save) {
  const std::string text = contents(save);
  const std::size_t at = text.find("[timestart] ");
  EXPECT_NE(at, std::string::npos);
  return std::stoull(text.substr(at + 12));
}

void expect_the_first_lookups(const Folder& folder, const std::string& stem) {
  const VcdReader read(folder / (stem + ".vcd"));
  EXPECT_EQ(read.at("mmu.dtlb.lookup_valid_i", read.first_time()), 1u);
  EXPECT_EQ(read.last_time(), read.first_time() + window_ps);
  EXPECT_EQ(start_of_viewer(folder / (stem + ".gtkw")), read.first_time());
  EXPECT_GT(read.changes("hart.va"), 100u);
}

TEST(WaveformWithoutAWindow, HasAStatedLengthFromTheFirstLookUpAndSaysHowToWidenIt) {
  const Folder folder;
  const Arguments run{"run", "--trace", shipped("sort"), "--limit", "100000"};
  const Outcome outcome = kilburn(run + Arguments{"--vcd", folder / "w.vcd"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("w.vcd shows 100000 cycles from the first look-up on"),
                                 HasSubstr("--vcd-from and --vcd-until choose others"),
                                 HasSubstr("--vcd-from 0 all")));
  expect_the_first_lookups(folder, "w");
  const Outcome all = kilburn(run + Arguments{"--vcd", folder / "all.vcd", "--vcd-from", "0"});
  EXPECT_THAT(all.err, Not(HasSubstr("w.vcd shows")));
  EXPECT_GT(VcdReader(folder / "all.vcd").last_time(), window_ps);
}

TEST(WaveformWithoutAWindow, OfSoftwareBeginsWhereItFirstTranslates) {
  const Folder folder;
  const Arguments run{"--elf", guest("pointer_chase_4k_short")};
  const std::string with = statistics_of(run + Arguments{"--vcd", folder / "w.vcd"});
  EXPECT_EQ(with, statistics_of(run));
  expect_the_first_lookups(folder, "w");
  const VcdReader read(folder / "w.vcd");
  // The guest sets itself up in machine mode before.
  EXPECT_GT(read.first_time(), 1000 * period_ps);
  EXPECT_EQ(read.at("hart.translated", read.first_time()), 1u);
}

TEST(WaveformWithoutAWindow, OfAProgramThatTranslatesNothingSaysSo) {
  const Folder folder;
  const Outcome outcome = kilburn({"run", "--elf", guest("uart_reset"), "--vcd", folder / "w.vcd"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("w.vcd shows nothing: nothing was looked up"),
                                 HasSubstr("--vcd-from 0")));
  const Outcome hart = kilburn(
      {"run", "--elf", guest("uart_reset"), "--vcd", folder / "h.vcd", "--trace-scope", "hart"});
  EXPECT_EQ(hart.err, "") << "the window begins with the first access";
  EXPECT_GT(VcdReader(folder / "h.vcd").changes("hart.pc"), 100u);
}

TEST(WaveformWithoutAWindow, OfACosimulationIsItsStart) {
  const Folder folder;
  const Outcome outcome =
      kilburn({"cosim", "burst_tlb", "--ops", "400000", "--vcd", folder / "w.fst"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("w.fst shows the first 100000 cycles"));
  const Outcome information = kilburn({"cosim", "burst_tlb", "--ops", "100"});
  EXPECT_EQ(information.err, "");
  EXPECT_LE(VcdReader(folder / "w.fst").last_time(), 100'001'000u);
}

TEST(Waveform, ShowsEnumerationsByTheirNames) {
  const Folder folder;
  EXPECT_EQ(
      kilburn({"run", "--trace", shipped("sort"), "--limit", "100", "--vcd", folder / "w.vcd"})
          .status,
      0);
  const std::string save = contents(folder / "w.gtkw");
  const std::string outcomes = folder / "w.outcome.names";
  // Spec 01: hit, and the three classes of miss, in the RTL's encoding.
  EXPECT_EQ(contents(outcomes), "0 hit\n1 miss_tag\n2 miss_unit\n3 miss_content\n");
  EXPECT_THAT(save, HasSubstr(outcomes + "\nmmu.dtlb.model.lookup_outcome_o[1:0]\n"));
  EXPECT_EQ(contents(folder / "w.access.names"), "0 fetch\n1 load\n2 store\n");
  EXPECT_THAT(save, HasSubstr("w.access.names\nhart.access[1:0]\n"));
}

/// The same signals with the same changes.
void expect_same(const VcdReader& one, const VcdReader& other,
                 const std::vector<std::string>& signals) {
  EXPECT_EQ(one.first_time(), other.first_time());
  EXPECT_EQ(one.last_time(), other.last_time());
  for (const std::string& signal : signals) {
    ASSERT_TRUE(one.has(signal) && other.has(signal)) << signal;
    EXPECT_EQ(one.changes(signal), other.changes(signal)) << signal;
    EXPECT_EQ(one.at(signal, one.last_time()), other.at(signal, one.last_time())) << signal;
  }
}

TEST(WaveformFile, OfFstHoldsWhatTheVcdHolds) {
  const Folder folder;
  const Arguments run{"run", "--trace", shipped("sort"), "--limit", "5000", "--vcd"};
  const Arguments cosim{"cosim", "burst_tlb", "--ops", "2000", "--vcd"};
  for (const auto& [name, arguments, signals] :
       {std::tuple{"run", run, std::vector<std::string>{"hart.va", "mmu.dtlb.lookup_vpn_i"}},
        std::tuple{"cosim", cosim,
                   std::vector<std::string>{"TOP.burst_tlb_cosim.rtl.lookup_vpn_i",
                                            "TOP.burst_tlb_cosim.model.lookup_outcome_o"}}}) {
    const std::string stem = folder / name;
    for (const char* extension : {".vcd", ".fst"}) {
      const Outcome outcome = kilburn(arguments + Arguments{stem + extension});
      EXPECT_EQ(outcome.status, 0) << outcome.err;
    }
    EXPECT_TRUE(is_whole_fst(stem + ".fst"));
    EXPECT_FALSE(is_whole_fst(stem + ".vcd"));
    EXPECT_LT(std::filesystem::file_size(stem + ".fst"),
              std::filesystem::file_size(stem + ".vcd") / 4);
    EXPECT_THAT(contents(stem + ".gtkw"), HasSubstr(stem + ".fst"));
    expect_same(VcdReader(stem + ".vcd"), VcdReader(stem + ".fst"), signals);
  }
}

TEST(WaveformFile, OfFstThatWasCutIsNotWhole) {
  const Folder folder;
  EXPECT_EQ(
      kilburn({"run", "--trace", shipped("sort"), "--limit", "500", "--vcd", folder / "w.fst"})
          .status,
      0);
  const std::string bytes = contents(folder / "w.fst");
  ASSERT_TRUE(is_whole_fst(folder / "w.fst"));
  for (std::size_t length = 0; length < bytes.size(); length += 1 + length / 8) {
    EXPECT_FALSE(is_whole_fst(folder.write("cut.fst", bytes.substr(0, length)))) << length;
  }
  EXPECT_FALSE(is_whole_fst(folder.write("cut.fst", bytes.substr(0, bytes.size() - 1))));
  EXPECT_FALSE(is_whole_fst(folder / "none.fst"));
}

TEST(WaveformFile, OfFstWithoutRoomIsAMessageAndNoFile) {
  const Folder folder;
  // Writes beyond 16 KiB of a file fail, as on a full disk; vcd2fst itself does not notice.
  const std::string command = "trap '' XFSZ; ulimit -f 16; '" + kilburn_program() +
                              "' run --trace '" + shipped("sort") + "' --limit 50000 --vcd '" +
                              (folder / "w.fst") + "' >/dev/null 2>'" + (folder / "err") + "'";
  const int status = std::system(("bash -c \"" + command + "\"").c_str());  // NOLINT: our own
  EXPECT_EQ(WEXITSTATUS(status), 2);
  EXPECT_THAT(contents(folder / "err"), HasSubstr("w.fst: not all of it could be written"));
  EXPECT_FALSE(std::filesystem::exists(folder / "w.fst"));
  EXPECT_FALSE(std::filesystem::exists(folder / "w.fst.partial"));
}

TEST(WaveformFile, OfFstThatIsNoFileOrHasNoFolderIsRefused) {
  for (const auto& [file, message] :
       {std::pair{"/no/such/w.fst", "/no/such/w.fst: cannot be written"}}) {
    const Outcome outcome = kilburn({"run", "--trace", shipped("sort"), "--vcd", file});
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr(message));
  }
}

TEST(WaveformSize, BeyondItsLimitIsToldOnce) {
  const Folder folder;
  const std::string file = folder.write("w.vcd", "");
  WaveformSize size(file);
  const auto told = [&] {
    testing::internal::CaptureStderr();
    size.look();
    return testing::internal::GetCapturedStderr();
  };
  std::filesystem::resize_file(file, WaveformSize::limit);
  EXPECT_EQ(told(), "");
  std::filesystem::resize_file(file, WaveformSize::limit + 1);
  EXPECT_THAT(told(), AllOf(HasSubstr("w.vcd has reached 256 MiB"), HasSubstr("--vcd-until"),
                            HasSubstr(".fst")));
  EXPECT_EQ(told(), "");
}

}  // namespace
}  // namespace kilburn::platform
