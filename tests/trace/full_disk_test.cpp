// Writers of traces on a disk that becomes full: at the beginning, in the middle, at the end.
#include <gtest/gtest.h>

#include <random>

#include "common/error.h"
#include "common/file_size_limit.h"
#include "common/test_folder.h"
#include "trace/trace.h"

namespace kilburn::trace {
namespace {

struct Kind {
  const char* file;
  Format format;
};

void PrintTo(const Kind& kind, std::ostream* out) {
  *out << kind.file;
}

class FullDiskOfTraces : public FolderTest, public testing::WithParamInterface<Kind> {
 protected:
  /// Records that cannot be compressed to nothing, written where a file may have `limit` bytes;
  /// what is thrown.
  std::string error_of_writing(std::size_t records, rlim_t limit) const {
    std::mt19937_64 random(3);
    std::vector<Record> all;
    for (std::size_t i = 0; i < records; ++i) {
      all.push_back(
          {.address = 0x1000 + (random() & 0xFFFFF0), .kind = trace::Kind::fetch, .size = 4});
      all.push_back(
          {.address = 0x1000 + (random() & 0xFFFFFFF8), .kind = trace::Kind::load, .size = 8});
    }
    try {
      const auto writer = create_trace(path(GetParam().file), GetParam().format);
      const FileSizeLimit full(limit);
      for (std::size_t done = 0; done < all.size(); done += 1000) {
        const auto part = std::span(all).subspan(done);
        writer->append({.records = part.first(std::min<std::size_t>(part.size(), 1000)),
                        .events = {},
                        .physical = {}});
      }
      writer->finish();
    } catch (const InputError& error) {
      return error.what();
    }
    return "no error";
  }
};

TEST_P(FullDiskOfTraces, InTheMiddleIsToldAndNothingIsLeft) {
  write(GetParam().file, "old");
  EXPECT_EQ(error_of_writing(100'000, 100'000),
            path(GetParam().file) + ": cannot be written: File too large");
  EXPECT_EQ(contents(GetParam().file), "old");
  EXPECT_EQ(files(), 1);
}

TEST_P(FullDiskOfTraces, AtTheEndIsToldAndNothingIsLeft) {
  EXPECT_EQ(error_of_writing(100, 200),
            path(GetParam().file) + ": cannot be written: File too large");
  EXPECT_EQ(files(), 0);
  EXPECT_EQ(error_of_writing(100, 100'000), "no error") << "without the limit it fits";
  EXPECT_EQ(files(), 1);
}

INSTANTIATE_TEST_SUITE_P(Traces, FullDiskOfTraces,
                         testing::Values(Kind{"t.ktrace", Format::kilburn},
                                         Kind{"t.champsim", Format::champsim},
                                         Kind{"t.champsim.gz", Format::champsim},
                                         Kind{"t.champsim.xz", Format::champsim}));

using FullDiskOfATrace = FolderTest;

TEST_F(FullDiskOfATrace, AKilburnTraceThatHasNoRoomForItsHeaderIsToldAtOnce) {
  const FileSizeLimit full(0);
  EXPECT_THROW((void)create_trace(path("t.ktrace"), Format::kilburn), InputError);
  EXPECT_EQ(files(), 0);
}

}  // namespace
}  // namespace kilburn::trace
