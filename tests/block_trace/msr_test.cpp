// MSR-Cambridge CSV. The lines are invented: the traces themselves may not be passed on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "block_trace_support.h"

namespace kilburn::block_trace::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(MsrCambridge, EachLineIsAnIoOfItsHostsDisk) {
  const auto reader = open_data("msr.csv");
  EXPECT_EQ(reader->format(), "MSR-Cambridge CSV");
  EXPECT_THAT(
      read_all(*reader),
      ElementsAre(
          BlockIo{.kind = Kind::read, .at_ns = 0, .offset = 383496192, .bytes = 32768, .volume = 0},
          // 13'320'526 ticks of 100 ns later
          BlockIo{.kind = Kind::write,
                  .at_ns = 1'332'052'600,
                  .offset = 310983680,
                  .bytes = 16384,
                  .volume = 0},
          // 2155 ticks before the line above, so at the same time
          BlockIo{.kind = Kind::read,
                  .at_ns = 1'332'052'600,
                  .offset = 4096,
                  .bytes = 512,
                  .volume = 1},
          BlockIo{.kind = Kind::write,
                  .at_ns = 1'332'052'700,
                  .offset = 0,
                  .bytes = 4096,
                  .volume = 2}));
  EXPECT_THAT(reader->volumes(), ElementsAre("hm,1", "hm,0", "src1,1"));
  EXPECT_EQ(reader->line(), 4u);
  EXPECT_EQ(reader->counts().ios, 4u);
  EXPECT_EQ(reader->counts().late, 1u);
}

TEST(MsrCambridge, NamesOfTheFieldsBlankLinesAndCarriageReturnsArePassedOver) {
  const auto reader = open_text(
      "\r\nTimestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime\r\n"
      "5,hm,1,Read,512,1024,7\r\n \r\n6,hm,1,Write,0,512,7");
  EXPECT_THAT(read_all(*reader),
              ElementsAre(BlockIo{.kind = Kind::read, .offset = 512, .bytes = 1024},
                          BlockIo{.kind = Kind::write, .at_ns = 100, .bytes = 512}));
  EXPECT_EQ(reader->line(), 5u);
}

TEST(MsrCambridge, AnIoOfNoBytesIsCountedAndDoesNotStartTheTime) {
  const auto reader = open_text("5,hm,0,Read,512,0,7\n9,hm,1,Read,512,1,7\n");
  EXPECT_THAT(read_all(*reader), ElementsAre(BlockIo{.offset = 512, .bytes = 1}));
  EXPECT_EQ(reader->counts().empty, 1u);
  EXPECT_THAT(reader->volumes(), ElementsAre("hm,1"));
}

TEST(MsrCambridge, ABadFieldIsNamedWithItsPlaceAndWhatIsAllowed) {
  EXPECT_EQ(error_of("5,hm,1,Read,0,512,7\n6,hm,1,read,0,512,7\n"),
            "t:2: Type is \"read\": allowed Read, Write; the line is \"6,hm,1,read,0,512,7\"");
  EXPECT_THAT(error_of("5,hm,1,Read,-512,512,7\n"),
              StartsWith("t:1: Offset is \"-512\": allowed decimal digits, a number below 2^64"));
  EXPECT_THAT(error_of("5,hm,1,Read,0,18446744073709551616,7\n"),
              StartsWith("t:1: Size is \"18446744073709551616\": allowed decimal digits"));
  EXPECT_THAT(error_of("5,hm,x,Read,0,512,7\n"), StartsWith("t:1: DiskNumber is \"x\""));
  EXPECT_THAT(error_of("5,hm,1,Read,0,512,7\n5.5,hm,1,Read,0,512,7\n"),
              StartsWith("t:2: Timestamp is \"5.5\""));
}

TEST(MsrCambridge, ALineThatIsCutIsAnError) {
  EXPECT_EQ(error_of("5,hm,1,Read,0,512,7\n6,hm,1,Wri"),
            "t:2: 4 fields: allowed are the seven "
            "Timestamp,Hostname,DiskNumber,Type,Offset,Size,ResponseTime; the line is "
            "\"6,hm,1,Wri\"");
}

TEST(MsrCambridge, AnIoMayEndAt2To63AndNotBeyond) {
  EXPECT_THAT(read_all("5,hm,1,Read,9223372036854775296,512,7\n"),
              ElementsAre(BlockIo{.offset = 9223372036854775296u, .bytes = 512}));
  EXPECT_THAT(error_of("5,hm,1,Read,9223372036854775297,512,7\n"),
              StartsWith("t:1: 512 bytes from offset 9223372036854775297: allowed to end at byte "
                         "2^63"));
  EXPECT_THAT(error_of("5,hm,1,Read,0,18446744073709551615,7\n"), HasSubstr("allowed to end"));
}

TEST(MsrCambridge, ATimestampMayBeAsLargeAsItsNanosecondsFit) {
  EXPECT_THAT(error_of("184467440737095516,hm,1,Read,0,512,7\n"), IsEmpty());
  EXPECT_THAT(error_of("184467440737095517,hm,1,Read,0,512,7\n"),
              StartsWith("t:1: Timestamp is 184467440737095517: allowed up to 184467440737095516"));
}

TEST(MsrCambridge, TimeNeverGoesBackBeforeTheFirst) {
  const auto reader = open_text("9,hm,1,Read,0,512,7\n5,hm,1,Read,0,512,7\n10,hm,1,Read,0,512,7\n");
  const auto ios = read_all(*reader);
  ASSERT_EQ(ios.size(), 3u);
  EXPECT_EQ(ios[1].at_ns, 0u);
  EXPECT_EQ(ios[2].at_ns, 100u);
  EXPECT_EQ(reader->counts().late, 1u);
}

TEST(MsrCambridge, VolumesAreLimited) {
  std::string text;
  for (unsigned disk = 0; disk < 65536; ++disk) {
    text += "5,hm," + std::to_string(disk) + ",Read,0,512,7\n";
  }
  EXPECT_THAT(error_of(text), IsEmpty());
  EXPECT_THAT(error_of(text + "5,hm,65536,Read,0,512,7\n"),
              AllOf(StartsWith("t:65537: "), HasSubstr("allowed up to 65536")));
}

}  // namespace
}  // namespace kilburn::block_trace::test
