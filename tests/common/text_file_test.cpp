#include "common/text_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <thread>
#include <vector>

#include "common/error.h"
#include "common/file_size_limit.h"
#include "common/test_folder.h"

namespace kilburn {
namespace {

namespace fs = std::filesystem;

class TextFile : public FolderTest {};

std::string write_error(const std::string& path) {
  try {
    write_file_atomically(path, "text");
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(TextFile, HoldsWhatWasWrittenAndNothingLiesBeside) {
  const std::string text = std::string("line\n\0\xFF", 7) + std::string(200000, 'x');
  write_file_atomically(path("a"), text);
  EXPECT_EQ(read_text_file(path("a"), 1 << 20), text);
  EXPECT_EQ(files(), 1);
}

TEST_F(TextFile, AnOlderFileIsReplaced) {
  write_file_atomically(path("a"), "a longer text");
  write_file_atomically(path("a"), "short");
  EXPECT_EQ(read_text_file(path("a"), 100), "short");
  EXPECT_EQ(files(), 1);
}

TEST_F(TextFile, ASymbolicLinkStaysOne) {
  write_file_atomically(path("a"), "old");
  fs::create_symlink(path("a"), path("link"));
  write_file_atomically(path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read_text_file(path("a"), 100), "new");
}

TEST_F(TextFile, AMissingFolderIsAnErrorThatNamesThePath) {
  EXPECT_EQ(write_error(path("no/a")),
            path("no/a") + ": cannot be written: No such file or directory");
  EXPECT_EQ(files(), 0);
}

TEST_F(TextFile, AFolderIsNotOverwritten) {
  fs::create_directory(path("d"));
  EXPECT_EQ(write_error(path("d")), path("d") + ": cannot be written: Is a directory");
  EXPECT_EQ(files(), 1);
}

// Only files in the test's own folder are ever written to: a fault that renames over a device
// would, run by root, take /dev/null from the whole machine.
TEST_F(TextFile, APipeIsWrittenToAndStaysOne) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  const int reader = ::open(path("pipe").c_str(), O_RDWR | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  write_file_atomically(path("pipe"), "text");
  std::string got(10, ' ');
  const ssize_t length = ::read(reader, got.data(), got.size());
  ::close(reader);
  ASSERT_EQ(length, 4);
  EXPECT_EQ(got.substr(0, 4), "text");
  EXPECT_TRUE(fs::is_fifo(path("pipe")));
  EXPECT_EQ(files(), 1);
}

TEST_F(TextFile, AWriteThatFailsHalfwayKeepsTheOlderFileAndLeavesNothingBeside) {
  write_file_atomically(path("a"), "old");
  std::string error;
  {
    const FileSizeLimit limit(2);
    error = write_error(path("a"));
  }
  EXPECT_EQ(error, path("a") + ": cannot be written: File too large");
  EXPECT_EQ(read_text_file(path("a"), 100), "old");
  EXPECT_EQ(files(), 1);
}

TEST_F(TextFile, WritersAtTheSameTimeLeaveOneWholeFile) {
  std::vector<std::thread> writers;
  for (const char c : {'a', 'b', 'c', 'd'}) {
    writers.emplace_back([this, c] {
      for (int i = 0; i < 50; ++i) write_file_atomically(path("f"), std::string(10000, c));
    });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string text = read_text_file(path("f"), 20000);
  EXPECT_EQ(text, std::string(10000, text.at(0)));
  EXPECT_EQ(files(), 1);
}

TEST_F(TextFile, AFileOfTheGreatestLengthIsReadAndALongerOneRefused) {
  for (const std::size_t length : {std::size_t{0}, std::size_t{10}, std::size_t{65536}}) {
    write_file_atomically(path("a"), std::string(length, 'x'));
    EXPECT_EQ(read_text_file(path("a"), length).size(), length);
    if (length > 0) {
      EXPECT_THROW((void)read_text_file(path("a"), length - 1), InputError);
    }
  }
}

}  // namespace
}  // namespace kilburn
