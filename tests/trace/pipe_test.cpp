// Traces that come through a pipe, which cannot go back, and compressed files that hold more than
// one stretch of data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "common/input_path.h"
#include "compressed.h"
#include "trace_support.h"

namespace kilburn::trace::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// Lackey's text of so many fetches, each of its own address.
std::string lackey(unsigned lines, unsigned first = 0) {
  std::string text;
  for (unsigned i = first; i < first + lines; ++i)
    text += "I  " + std::to_string(10000 + i) + ",4\n";
  return text;
}

/// Opens a FIFO into which a thread writes `bytes`, and hands it to `action`.
template <class Action>
void through_fifo(const std::string& bytes, Action action) {
  const TemporaryFolder folder;
  const std::string fifo = folder / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_FALSE(readable_again(fifo));
  std::thread writer([&] {
    std::ofstream stream(fifo, std::ios::binary);
    stream << bytes;
  });
  action(fifo);
  writer.join();
}

TEST(Pipe, EveryFormatReadsTheSameAsFromAFile) {
  // More than the 8,191 bytes that a stream's first look takes, and fewer.
  for (const unsigned lines : {3u, 1000u, 20000u}) {
    const std::string text = lackey(lines);
    const Whole expected = read_all(*open_bytes(text));
    EXPECT_EQ(expected.records.size(), lines);
    const TemporaryFolder folder;
    const auto writer = create_trace(folder / "t.champsim", Format::champsim);
    writer->append(expected.batch());
    writer->finish();
    const std::string champsim = read_file(folder / "t.champsim");
    for (const std::string& bytes : {text, gzip(text), xz(text), champsim, xz(champsim)}) {
      const Whole from_memory = read_all(*open_bytes(bytes));
      EXPECT_EQ(from_memory.records.size(), lines);
      through_fifo(bytes, [&](const std::string& fifo) {
        EXPECT_TRUE(read_all(*open_trace(fifo)) == from_memory) << lines;
      });
    }
  }
}

TEST(Pipe, TruncatedCompressionIsAnErrorThereToo) {
  for (std::string bytes : {gzip(lackey(5000)), xz(lackey(5000))}) {
    bytes.resize(bytes.size() - 1);
    through_fifo(bytes, [](const std::string& fifo) {
      EXPECT_THAT(error_of([&] { read_all(*open_trace(fifo)); }),
                  AllOf(HasSubstr("truncated or damaged"), HasSubstr("the data end too early")));
    });
  }
}

TEST(Pipe, OurOwnFormatWhoseIndexIsAtItsEndIsRefusedWithWhatToDo) {
  through_fifo(kilburn_bytes(read_all(*open_bytes(lackey(10)))), [](const std::string& fifo) {
    EXPECT_THAT(error_of([&] { return open_trace(fifo); }),
                AllOf(HasSubstr(fifo + ": a Kilburn trace must be in a file"),
                      HasSubstr("its index is at its end"), HasSubstr("write what comes")));
  });
}

TEST(Pipe, NothingInItIsSaidPlainly) {
  through_fifo("", [](const std::string& fifo) {
    EXPECT_EQ(error_of([&] { return open_trace(fifo); }), fifo + ": an empty file, no trace");
  });
}

TEST(Compressed, SeveralMembersAreOneFile) {
  const std::string first = lackey(3000);
  const std::string second = lackey(3000, 3000);
  const Whole expected = read_all(*open_bytes(first + second));
  EXPECT_TRUE(read_all(*open_bytes(gzip(first) + gzip(second))) == expected);
  EXPECT_TRUE(read_all(*open_bytes(xz(first) + xz(second))) == expected);
}

TEST(Compressed, PaddingOfZerosBehindTheEndIsNoData) {
  const std::string text = lackey(3000);
  const Whole expected = read_all(*open_bytes(text));
  for (const std::size_t zeros : {1u, 4u, 512u, 100'000u}) {
    EXPECT_TRUE(read_all(*open_bytes(gzip(text) + std::string(zeros, '\0'))) == expected) << zeros;
  }
  // Of xz, whose format says so, by fours; and between streams, too.
  const std::string padding(512, '\0');
  EXPECT_TRUE(read_all(*open_bytes(xz(text) + padding)) == expected);
  const Whole twice = read_all(*open_bytes(text + text));
  EXPECT_TRUE(read_all(*open_bytes(xz(text) + padding + xz(text) + padding)) == twice);
  EXPECT_THAT(error_of([&] { read_all(*open_bytes(xz(text) + std::string(3, '\0'))); }),
              HasSubstr("damaged xz data"));
}

TEST(Compressed, OtherBytesBehindTheEndAreRefused) {
  for (const char* rest : {"x", "\n", "I  1000,4\n"}) {
    EXPECT_THAT(error_of([&] { read_all(*open_bytes(gzip(lackey(10)) + rest)); }),
                HasSubstr("behind its end is neither another member nor padding of zeros"));
    EXPECT_THAT(error_of([&] { read_all(*open_bytes(xz(lackey(10)) + rest)); }),
                HasSubstr("damaged xz data"));
  }
  const std::string zeros_then_data = gzip(lackey(10)) + std::string(2, '\0') + "x";
  EXPECT_THAT(error_of([&] { read_all(*open_bytes(zeros_then_data)); }),
              HasSubstr("behind its end"));
}

}  // namespace
}  // namespace kilburn::trace::test
