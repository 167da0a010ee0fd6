// fio's I/O logs. Those of version 3 are what fio 3.33 wrote (--write_iolog); that of version 2,
// which it only reads, was replayed with it (--read_iolog).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "block_trace_support.h"

namespace kilburn::block_trace::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string v2 = "fio version 2 iolog\n";
const std::string v3 = "fio version 3 iolog\n";

BlockIo write_at(std::uint64_t ns, std::uint64_t offset, std::uint64_t bytes = 4096) {
  return {.kind = Kind::write, .at_ns = ns, .offset = offset, .bytes = bytes};
}
BlockIo read_at(std::uint64_t ns, std::uint64_t offset, std::uint64_t bytes = 4096) {
  return {.kind = Kind::read, .at_ns = ns, .offset = offset, .bytes = bytes};
}
BlockIo trim_at(std::uint64_t ns, std::uint64_t offset, std::uint64_t bytes = 4096) {
  return {.kind = Kind::deallocate, .at_ns = ns, .offset = offset, .bytes = bytes};
}
BlockIo flush_at(std::uint64_t ns) {
  return {.kind = Kind::flush, .at_ns = ns};
}

BlockIo second_file(BlockIo io) {
  io.volume = 1;
  return io;
}

TEST(FioIolog, Version3CountsMicrosecondsFromTheFirstIo) {
  const auto reader = open_data("fio_v3_sync.log");
  EXPECT_EQ(reader->format(), "fio iolog");
  EXPECT_THAT(read_all(*reader), ElementsAre(write_at(0, 0),                // at 113 us
                                             write_at(25'000, 45056),       // 138
                                             flush_at(36'000),              // 149: sync
                                             write_at(3'206'000, 53248),    // 3319
                                             flush_at(3'239'000),           // 3352: datasync
                                             write_at(7'194'000, 28672),    // 7307
                                             flush_at(7'239'000),           // 7352
                                             write_at(9'899'000, 24576),    // 10012
                                             write_at(9'930'000, 57344)));  // 10043
  EXPECT_THAT(reader->volumes(), ElementsAre("/tmp/fio/s0"));
}

TEST(FioIolog, Version3TrimsAreDeallocations) {
  EXPECT_THAT(read_all(*open_data("fio_v3_trim.log")),
              ElementsAre(trim_at(0, 61440), write_at(288'000, 61440), trim_at(334'000, 774144),
                          write_at(364'000, 774144), trim_at(372'000, 880640)));
}

TEST(FioIolog, FilesAreVolumesAndSyncFileRangeIsPassedOver) {
  const auto reader = open_data("fio_v3_two_files.log");
  EXPECT_THAT(read_all(*reader), ElementsAre(read_at(0, 0, 8192),                       // at 116 us
                                             second_file(read_at(3'639'000, 0, 8192)),  // 3755
                                             read_at(3'883'000, 8192, 8192),            // 3999
                                             second_file(write_at(3'893'000, 0, 8192)),    // 4009
                                             read_at(3'907'000, 16384, 8192),              // 4023
                                             second_file(read_at(3'910'000, 8192, 8192)),  // 4026
                                             write_at(3'912'000, 0, 8192),                 // 4028
                                             write_at(3'953'000, 8192, 8192)));            // 4069
  EXPECT_THAT(reader->volumes(), ElementsAre("/tmp/fio/w0", "/tmp/fio/w1"));
}

TEST(FioIolog, Version2HasNoTimeButThatOfItsWaits) {
  const auto reader = open_data("fio_v2.log");
  EXPECT_THAT(read_all(*reader), ElementsAre(write_at(0, 0, 8192), second_file(read_at(0, 8192)),
                                             flush_at(250'000),                      // wait 250
                                             second_file(trim_at(1'750'000, 4096)),  // wait 1500
                                             second_file(flush_at(1'750'000))));
}

TEST(FioIolog, TheWaitBeforeTheFirstIoIsNotCounted) {
  EXPECT_THAT(read_all(v2 + "/f wait 500 0\n/f read 0 1\n/f wait 7 0\n/f read 0 1\n"),
              ElementsAre(read_at(0, 0, 1), read_at(7'000, 0, 1)));
}

TEST(FioIolog, AVolumeIsAFileThatIoGoesToNotOneThatIsOnlyAdded) {
  const auto reader = open_text(v2 + "/a add\n/b add\n/b open\n/b read 0 1\n/b close\n");
  EXPECT_THAT(read_all(*reader), ElementsAre(read_at(0, 0, 1)));
  EXPECT_THAT(reader->volumes(), ElementsAre("/b"));
}

TEST(FioIolog, JoinedLogsEachSayTheirVersion) {
  const auto reader =
      open_text(v3 + "7 /f read 0 1\n" + v2 + "/f read 1 1\n" + v3 + "8 /f read 2 1\n");
  EXPECT_THAT(read_all(*reader),
              ElementsAre(read_at(0, 0, 1), read_at(0, 1, 1), read_at(1'000, 2, 1)));
  EXPECT_EQ(reader->counts().late, 1u);
}

TEST(FioIolog, AnIoOfNoBytesIsCounted) {
  const auto reader = open_text(v2 + "/f read 0 0\n/f trim 4096 0\n/f write 0 1\n");
  EXPECT_THAT(read_all(*reader), ElementsAre(write_at(0, 0, 1)));
  EXPECT_EQ(reader->counts().empty, 2u);
}

TEST(FioIolog, CarriageReturnsBlanksAndBlankLinesDoNotMatter) {
  EXPECT_THAT(read_all("\r\nfio version 3 iolog\r\n\r\n 7 \t/f  read 0 1 \r\n"),
              ElementsAre(read_at(0, 0, 1)));
}

TEST(FioIolog, AnotherVersionIsNamed) {
  EXPECT_EQ(error_of("fio version 4 iolog\n"),
            "t:1: another version: allowed \"fio version 2 iolog\", \"fio version 3 iolog\"; the "
            "line is \"fio version 4 iolog\"");
}

TEST(FioIolog, ABadLineIsNamedWithItsPlaceAndWhatIsAllowed) {
  EXPECT_EQ(error_of(v3 + "7 /f erase 0 1\n"),
            "t:2: the action is \"erase\": allowed read, write, trim, sync, datasync, and wait in "
            "version 2, with offset and length; add, open, close without them; the line is \"7 /f "
            "erase 0 1\"");
  EXPECT_THAT(error_of(v3 + "7 /f wait 0 1\n"), StartsWith("t:2: the action is \"wait\""));
  EXPECT_THAT(error_of(v3 + "7 /f read\n"), StartsWith("t:2: the action is \"read\""));
  EXPECT_THAT(error_of(v3 + "7 /f close 0 1\n"), StartsWith("t:2: the action is \"close\""));
  EXPECT_THAT(error_of(v3 + "x /f read 0 1\n"), StartsWith("t:2: the time is \"x\""));
  EXPECT_THAT(error_of(v3 + "-1 /f read 0 1\n"), StartsWith("t:2: the time is \"-1\""));
  EXPECT_THAT(error_of(v2 + "/f read -4096 1\n"), StartsWith("t:2: the offset is \"-4096\""));
  EXPECT_THAT(error_of(v2 + "/f read 0 4k\n"), StartsWith("t:2: the length is \"4k\""));
  EXPECT_THAT(error_of(v2 + "/f sync x 0\n"), StartsWith("t:2: the offset is \"x\""));
}

TEST(FioIolog, ALineThatIsCutOrOfTheOtherVersionIsAnError) {
  EXPECT_THAT(
      error_of(v3 + "7 /f read 0"),
      StartsWith("t:2: 4 words: allowed TIME FILE ACTION, or TIME FILE ACTION OFFSET LENG"));
  EXPECT_THAT(error_of(v3 + "/f read 0 1\n"), StartsWith("t:2: 4 words: allowed TIME FILE"));
  EXPECT_THAT(error_of(v2 + "7 /f read 0 1\n"), StartsWith("t:2: 5 words: allowed FILE ACTION, "));
  EXPECT_THAT(error_of(v3 + "7\n"), StartsWith("t:2: 1 words"));
  EXPECT_THAT(error_of(v3 + "7 /f read 0 1 2\n"), StartsWith("t:2: 6 words"));
}

TEST(FioIolog, LargeNumbersAreToldFromTooLargeOnes) {
  EXPECT_THAT(error_of(v3 + "18446744073709551 /f read 9223372036854775807 1\n"), IsEmpty());
  EXPECT_THAT(error_of(v3 + "18446744073709552 /f read 0 1\n"),
              HasSubstr("the time is 18446744073709552: allowed up to 18446744073709551"));
  EXPECT_THAT(error_of(v3 + "0 /f read 9223372036854775807 2\n"),
              HasSubstr("allowed to end at byte 2^63"));
  EXPECT_THAT(error_of(v3 + "0 /f read 18446744073709551615 18446744073709551615\n"),
              HasSubstr("allowed to end at byte 2^63"));
  EXPECT_THAT(error_of(v2 + "/f wait 18446744073709551 0\n/f wait 1 0\n"),
              StartsWith("t:3: all waits together are more than 18446744073709551 microseconds"));
}

TEST(FioIolog, ALogWithoutAnyIoIsAnError) {
  EXPECT_EQ(error_of(v3 + "17 /f add\n"), "t: fio iolog without any I/O");
}

}  // namespace
}  // namespace kilburn::block_trace::test
