// Recognition of formats and compression, files and pipes, and lines of any length.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "block_trace_support.h"
#include "trace/compressed.h"
#include "trace/trace_support.h"

namespace kilburn::block_trace::test {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using trace::test::gzip;
using trace::test::TemporaryFolder;
using trace::test::xz;

/// So many lines of MSR-Cambridge CSV, each of its own offset.
std::string msr(unsigned lines) {
  std::string text;
  for (unsigned i = 0; i < lines; ++i) {
    text += std::to_string(100 + i) + ",hm,1,Read," + std::to_string(512 * i) + ",512,7\n";
  }
  return text;
}

TEST(OpenBlockTrace, CompressedTracesReadTheSame) {
  const std::string text = msr(20000);
  const auto expected = read_all(text);
  ASSERT_EQ(expected.size(), 20000u);
  EXPECT_EQ(expected.back().offset, 512u * 19999);
  const auto as_gzip = open_text(gzip(text));
  EXPECT_EQ(as_gzip->format(), "MSR-Cambridge CSV, gzip");
  EXPECT_EQ(read_all(*as_gzip), expected);
  const auto as_xz = open_text(xz(text));
  EXPECT_EQ(as_xz->format(), "MSR-Cambridge CSV, xz");
  EXPECT_EQ(read_all(*as_xz), expected);
}

TEST(OpenBlockTrace, TruncatedCompressionIsAnError) {
  for (std::string bytes : {gzip(msr(5000)), xz(msr(5000))}) {
    bytes.resize(bytes.size() - 1);
    EXPECT_THAT(error_of(bytes), HasSubstr("truncated or damaged"));
  }
}

TEST(OpenBlockTrace, ZstdIsRefusedWithWhatToDo) {
  EXPECT_THAT(error_of("\x28\xB5\x2F\xFD\x04"),
              AllOf(StartsWith("t: zstd data"), HasSubstr("zstd -dc")));
}

TEST(OpenBlockTrace, APipeReadsTheSame) {
  const std::string text = msr(3000);
  const TemporaryFolder folder;
  const std::string fifo = folder / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(fifo, std::ios::binary) << gzip(text); });
  const auto reader = open(fifo);
  EXPECT_EQ(read_all(*reader), read_all(text));
  writer.join();
}

TEST(OpenBlockTrace, WhatIsNoFileIsNamed) {
  const auto error = [](const std::string& path) -> std::string {
    try {
      static_cast<void>(open(path));
    } catch (const InputError& thrown) {
      return thrown.what();
    }
    return {};
  };
  EXPECT_EQ(error("/no/such"), "/no/such: cannot read: No such file or directory");
  EXPECT_EQ(error("/"), "/: a directory, no trace");
}

TEST(OpenBlockTrace, AFileOfNoKnownFormatSaysWhichAreKnown) {
  for (const std::string text :
       {"0, 4096, 512\n", "hello\n", "1,2,3,4,5,6\n", "a,b,c,d,e,f,g\n", "\n\n", "fio\n"}) {
    EXPECT_THAT(error_of(text),
                AllOf(StartsWith("t: no block trace that is known here: it begins with \""),
                      HasSubstr("MSR-Cambridge CSV"), HasSubstr("blkparse"),
                      HasSubstr("fio version 3 iolog")))
        << text;
  }
}

TEST(OpenBlockTrace, WhatIsShownOfAFileControlsNoTerminalAndIsShort) {
  EXPECT_THAT(error_of("\x1b[2J" + std::string(3000, 'x')),
              AllOf(HasSubstr("it begins with \"?[2Jxxx"), HasSubstr("xxx...\"")));
  const std::string error = error_of(msr(1) + "\x1b" + std::string(3000, 'x') + "\n");
  EXPECT_THAT(error, EndsWith("xxx...\""));
  EXPECT_LT(error.size(), 300u);
}

TEST(OpenBlockTrace, AnEmptyFileIsAnError) {
  EXPECT_EQ(error_of(""), "t: an empty file, no block trace");
  EXPECT_THAT(error_of(gzip("")), HasSubstr("no block trace"));
}

TEST(OpenBlockTrace, ALineMayBeAsLongAs8192BytesAndNotLonger) {
  const std::string rest = ",1,Read,0,512,7";
  const auto line = [&](std::size_t size) {
    return msr(1) + "100," + std::string(size - 4 - rest.size(), 'h') + rest + "\n" + msr(1);
  };
  EXPECT_EQ(read_all(line(8192)).size(), 3u);
  EXPECT_EQ(error_of(line(8193)), "t:2: a line longer than 8192 bytes");
  EXPECT_EQ(error_of(msr(1) + std::string(1 << 20, ',')), "t:2: a line longer than 8192 bytes");
}

TEST(OpenBlockTrace, TheLastLineNeedsNoEnd) {
  std::string text = msr(3);
  text.pop_back();
  EXPECT_EQ(read_all(text), read_all(msr(3)));
}

TEST(OpenBlockTrace, ANullByteIsNotADigit) {
  std::string text = msr(2);
  text[text.size() - 8] = '\0';
  EXPECT_THAT(error_of(text), StartsWith("t:2: "));
}

TEST(OpenBlockTrace, ALineOfNullBytesIsNotBlank) {
  EXPECT_THAT(error_of(msr(1) + std::string(3, '\0') + "\n"), StartsWith("t:2: "));
}

TEST(OpenBlockTrace, LinesBeforeABadOneAreGiven) {
  const auto reader = open_text(msr(2) + "x\n");
  EXPECT_TRUE(reader->next());
  EXPECT_TRUE(reader->next());
  EXPECT_THROW(static_cast<void>(reader->next()), InputError);
}

TEST(OpenBlockTrace, AfterTheEndNothingFollows) {
  const auto reader = open_text(msr(1));
  EXPECT_TRUE(reader->next());
  EXPECT_FALSE(reader->next());
  EXPECT_FALSE(reader->next());
}

}  // namespace
}  // namespace kilburn::block_trace::test
