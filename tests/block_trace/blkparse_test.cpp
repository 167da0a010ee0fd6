// blkparse's text. The file is what blkparse 1.2.0 printed of a real run, recorded by the kernel's
// block tracer (ftrace, which leaves out the processes' names): an ext4 file system on a loop
// device, its journal, a file removed with -o discard. Two stretches and the summary are kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "block_trace_support.h"

namespace kilburn::block_trace::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr OpenOptions queued{.blkparse_action = BlkparseAction::queued};

std::string event(const std::string& time, const std::string& behind) {
  return "  8,16   3       11 " + time + "   697  " + behind + "\n";
}

BlockIo flush_at(std::uint64_t ns) {
  return {.kind = Kind::flush, .at_ns = ns};
}

BlockIo write_at(std::uint64_t ns, std::uint64_t sector, std::uint64_t sectors) {
  return {.kind = Kind::write, .at_ns = ns, .offset = 512 * sector, .bytes = 512 * sectors};
}

BlockIo durable(BlockIo io) {
  io.force_unit_access = true;
  return io;
}

BlockIo discard_at(std::uint64_t ns, std::uint64_t sector, std::uint64_t sectors) {
  return {.kind = Kind::deallocate, .at_ns = ns, .offset = 512 * sector, .bytes = 512 * sectors};
}

TEST(Blkparse, DispatchedIoIsWhatTheDriverGot) {
  const auto reader = open_data("blkparse.txt");
  EXPECT_EQ(reader->format(), "blkparse text");
  // Times are since the first dispatch, at 22'385'252 ns.
  EXPECT_THAT(read_all(*reader), ElementsAre(write_at(0, 2, 2), flush_at(93'479),  // 22'478'731
                                             flush_at(24'445'982),                 // 46'831'234
                                             write_at(27'992'138, 32836, 2),       // 50'377'390
                                             flush_at(28'044'165),                 // 50'429'417
                                             discard_at(28'972'464, 17410, 1024),  // 51'357'716
                                             write_at(29'467'910, 2, 4),           // 51'853'162
                                             write_at(29'470'423, 520, 2),         // 51'855'675
                                             write_at(29'470'924, 554, 2)));       // 51'856'176
  EXPECT_THAT(reader->volumes(), ElementsAre("7,0"));
  EXPECT_EQ(reader->counts().late, 0u);
}

TEST(Blkparse, QueuedIoIsWhatTheFileSystemAskedFor) {
  const auto reader = open_data("blkparse.txt", queued);
  // Since 22'357'320 ns. WFS is force unit access, FWFSM flushes before that.
  EXPECT_THAT(read_all(*reader),
              ElementsAre(durable(write_at(0, 2, 2)), flush_at(24'469'247),  // 46'826'567
                          durable(write_at(24'469'247, 32836, 2)),
                          discard_at(28'985'684, 17410, 6),     // 51'343'004
                          discard_at(28'995'268, 17416, 1018),  // 51'352'588
                          write_at(29'457'855, 2, 2),           // 51'815'175
                          write_at(29'467'570, 4, 2),           // 51'824'890
                          write_at(29'469'583, 520, 2),         // 51'826'903
                          write_at(29'472'497, 554, 2)));       // 51'829'817
  EXPECT_EQ(reader->counts().ios, 9u);
}

TEST(Blkparse, ReadsOfAnyPurposeAreReads) {
  for (const std::string rwbs : {"R", "RA", "RM", "RAM", "RS"}) {
    EXPECT_THAT(read_all(event("0.000000000", "D " + rwbs + " 223490 + 8 [kjournald]")),
                ElementsAre(BlockIo{.kind = Kind::read, .offset = 114426880, .bytes = 4096}))
        << rwbs;
  }
}

TEST(Blkparse, ABarrierOfOldKernelsFlushesAndIsDurable) {
  EXPECT_THAT(read_all(event("1.000000001", "D WB 8 + 8 [x]")),
              ElementsAre(flush_at(0), durable(write_at(0, 8, 8))));
}

TEST(Blkparse, AFlushNeedsNoSectorAndIgnoresWhatStandsThere) {
  for (const std::string rest : {"FN [x]", "FN 0 (   12) [x]", "FWS [x]", "F 0 + 0 [x]", "FF [x]",
                                 "FN 18446744073709551615 (   3) [x]"}) {
    EXPECT_THAT(read_all(event("1.000000001", "D " + rest)), ElementsAre(flush_at(0))) << rest;
  }
}

TEST(Blkparse, TimesOfDashTStandBetweenSectorsAndProcess) {
  EXPECT_THAT(read_all(event("0.000000000", "D   D 17410 + 1024 (    3886) [(null)]")),
              ElementsAre(discard_at(0, 17410, 1024)));
}

TEST(Blkparse, WhatMovesNoBlocksIsPassedOver) {
  const auto reader = open_text(
      event("0.000000001", "D  R 36 (12 00 00 00 24 00 ..) [udevd]") +
      event("0.000000002", "D  N 0 + 0 [x]") + event("0.000000003", "m  N cfq697S / alloced") +
      event("0.000000004", "UT  N [x] 1") + event("0.000000005", "D  R 8 + 0 [x]") +
      event("0.000000006", "D  R 8 + 1 [x]"));
  EXPECT_THAT(read_all(*reader), ElementsAre(BlockIo{.offset = 4096, .bytes = 512}));
  EXPECT_EQ(reader->counts().empty, 2u);  // the packet, and the read of no sectors
}

TEST(Blkparse, AWordBeforeTheEventsAndTheSummaryBehindThemArePassedOver) {
  const auto reader =
      open_text("Input file sda.blktrace.0 added\n" + event("0.000000006", "D  R 8 + 1 [x]") +
                "CPU0 (8,0):\n Reads Queued:  1,  4KiB\n\nThroughput (R/W): 0KiB/s / 0KiB/s\n");
  EXPECT_EQ(read_all(*reader).size(), 1u);
  EXPECT_EQ(reader->line(), 6u);
}

TEST(Blkparse, EveryLetterMayBeAnActionOrBeginALineOfTheSummary) {
  std::string text = event("0.000000006", "D  R 8 + 1 [x]");
  for (const std::string letter : {"A", "Z", "a", "z"}) {
    text += event("0.000000007", letter + "  R 8 + 1 <- (8,17) 0");
    text += letter + " (697)\n";
  }
  EXPECT_EQ(read_all(text).size(), 1u);
}

TEST(Blkparse, ATraceWithoutTheActionSaysHowManyThereAreOfTheOther) {
  const std::string text = event("0.000000006", "Q  R 8 + 1 [x]") + event("1.000000006", "P N [x]");
  EXPECT_EQ(error_of(text),
            "t: blkparse text without any I/O of action D; there are 1 of action Q");
  EXPECT_THAT(error_of(text, queued), IsEmpty());
  EXPECT_THAT(error_of(event("0.000000006", "D  R 8 + 1 [x]"), queued),
              EndsWith("of action Q; there are 1 of action D"));
}

TEST(Blkparse, ABadLineIsNamedWithItsPlaceAndWhatIsAllowed) {
  const std::string good = event("0.000000001", "D  R 8 + 8 [x]");
  EXPECT_EQ(error_of(good + "8,0 3 1 0.000000000 697 D X 8 + 8 [x]\n"),
            "t:2: RWBS is \"X\": allowed one of R W D N, F before it, other letters behind it; the "
            "line is \"8,0 3 1 0.000000000 697 D X 8 + 8 [x]\"");
  EXPECT_THAT(error_of(good + event("0.000000001", "D  R 8 - 8 [x]")),
              StartsWith("t:2: what follows RWBS is \" 8 - 8 [x]\": allowed SECTOR + SECTORS"));
  EXPECT_THAT(error_of(good + event("0.000000001", "D  R -8 + 8 [x]")),
              HasSubstr("what follows RWBS"));
  for (const std::string line :
       {"8 3 1 0.000000000 697 D R 8 + 8 [x]", "8,0 x 1 0.000000000 697 D R 8 + 8 [x]",
        "8,0 3 1 0.0000 697 D R 8 + 8 [x]", "8,0 3 1 0,000000000 697 D R 8 + 8 [x]",
        "8,0 3 1 -1.000000000 697 D R 8 + 8 [x]", "8,0 3 1 0.000000000 697", "+ 8 [x]"}) {
    EXPECT_THAT(error_of(good + line + "\n"),
                StartsWith("t:2: no event: allowed is blkparse's default format"))
        << line;
  }
}

TEST(Blkparse, ALineThatIsCutBeforeTheProcessIsAnError) {
  const std::string good = event("0.000000001", "D  R 8 + 8 [x]");
  for (const std::string rest : {"D", "D  R", "D  R 8", "D  R 8 +", "D  R 8 + 8", "D  R 8 + 8 "}) {
    std::string text = good + event("0.000000001", rest);
    text.pop_back();
    EXPECT_THAT(error_of(text), StartsWith("t:2: ")) << rest;
  }
  EXPECT_THAT(error_of(good + "  8,16   3       11 0.000000001   697  D  R 8 + 8 ["), IsEmpty());
}

TEST(Blkparse, LargeSectorsAndTimesAreToldFromTooLargeOnes) {
  // 2^54 sectors are 2^63 bytes.
  EXPECT_THAT(read_all(event("0.000000000", "D R 18014398509481983 + 1 [x]")),
              ElementsAre(BlockIo{.offset = 9223372036854775296u, .bytes = 512}));
  EXPECT_THAT(error_of(event("0.000000000", "D R 18014398509481984 + 1 [x]")),
              HasSubstr("allowed to end at byte 2^63"));
  EXPECT_THAT(error_of(event("0.000000000", "D R 36028797018963968 + 1 [x]")),
              HasSubstr("the sector is 36028797018963968: allowed up to 36028797018963967"));
  EXPECT_THAT(error_of(event("0.000000000", "D R 0 + 36028797018963968 [x]")),
              HasSubstr("the number of sectors is 36028797018963968: allowed up to"));
  EXPECT_THAT(error_of(event("18446744073.709551615", "D R 0 + 1 [x]")), IsEmpty());
  EXPECT_THAT(error_of(event("18446744073.709551616", "D R 0 + 1 [x]")),
              HasSubstr("allowed a time below 2^64 nanoseconds"));
  EXPECT_THAT(error_of(event("18446744074.000000000", "D R 0 + 1 [x]")),
              HasSubstr("allowed up to 18446744073"));
}

TEST(Blkparse, EachDeviceIsAVolume) {
  const auto reader = open_text(
      "8,0 3 1 0.000000000 697 D R 8 + 8 [x]\n259,12 3 1 0.000000000 697 D R 8 + 8 [x]\n"
      "8,0 3 1 0.000000000 697 D R 8 + 8 [x]\n");
  const auto ios = read_all(*reader);
  ASSERT_EQ(ios.size(), 3u);
  EXPECT_EQ(ios[1].volume, 1u);
  EXPECT_EQ(ios[2].volume, 0u);
  EXPECT_THAT(reader->volumes(), ElementsAre("8,0", "259,12"));
}

}  // namespace
}  // namespace kilburn::block_trace::test
