#include "common/output_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "common/error.h"
#include "common/file_size_limit.h"
#include "common/test_folder.h"

namespace kilburn {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public FolderTest {};

/// What `step` throws.
template <class Step>
std::string error_of(Step step) {
  try {
    step();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

const std::string too_large = ": cannot be written: File too large";
const std::string much(200'000, 'x');

TEST_F(OutputFileTest, HoldsItsOlderContentUntilItIsComplete) {
  write("a", "old");
  OutputFile file(path("a"));
  file.write("new");
  file.flush();
  EXPECT_EQ(contents("a"), "old");
  EXPECT_EQ(contents("a.partial"), "new");
  file.commit();
  EXPECT_EQ(contents("a"), "new");
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFileTest, AnUnfinishedOneLeavesNothing) {
  write("a", "old");
  {
    OutputFile file(path("a"));
    file.write(much);
  }
  EXPECT_EQ(contents("a"), "old");
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFileTest, WhatIsToBeKeptStaysUnderItsPartialName) {
  {
    OutputFile file(path("a"));
    file.write("kept");
    file.flush();
    file.keep();
    EXPECT_EQ(file.partial(), path("a.partial"));
  }
  EXPECT_EQ(contents("a.partial"), "kept");
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFileTest, APartialFileThatIsThereIsNotTouched) {
  write("a.partial", "may be salvaged");
  OutputFile file(path("a"));
  EXPECT_EQ(file.partial(), path("a.2.partial"));
  file.write("new");
  file.commit();
  EXPECT_EQ(contents("a"), "new");
  EXPECT_EQ(contents("a.partial"), "may be salvaged");
  EXPECT_EQ(files(), 2);
}

TEST_F(OutputFileTest, PermissionsOfAnOlderFileAreKept) {
  write("a", "old");
  ASSERT_EQ(::chmod(path("a").c_str(), 0640), 0);
  OutputFile file(path("a"));
  file.commit();
  struct stat status {};
  ASSERT_EQ(::stat(path("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST_F(OutputFileTest, ALinkToAFileThatIsNotThereYetStaysALink) {
  fs::create_symlink("target", path("link"));
  OutputFile file(path("link"));
  file.write("text");
  file.commit();
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_FALSE(fs::is_symlink(path("target")));
  EXPECT_EQ(contents("target"), "text");
}

// Only what lies in the test's own folder is ever written to: a fault that renames over a device
// would, run by root, take /dev/null from the whole machine.
TEST_F(OutputFileTest, APipeIsWrittenThroughAlsoByALink) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", path("link"));
  const int reader = ::open(path("pipe").c_str(), O_RDWR | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  OutputFile file(path("link"));
  EXPECT_TRUE(file.writes_through());
  file.write("text");
  file.commit();
  std::string got(10, ' ');
  EXPECT_EQ(::read(reader, got.data(), got.size()), 4);
  EXPECT_EQ(got.substr(0, 4), "text");
  ::close(reader);
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_TRUE(fs::is_fifo(path("pipe")));
  EXPECT_EQ(files(), 2);
}

TEST_F(OutputFileTest, AFormatThatGoesBackIsRefusedAPipeByName) {
  ASSERT_EQ(::mkfifo(path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(error_of([&] { OutputFile(path("pipe"), OutputFile::Access::seeking); }),
            path("pipe") +
                ": cannot be written: its format goes back to what was written: allowed is a file");
  EXPECT_EQ(error_of([&] { OutputFile(path("a"), OutputFile::Access::seeking).commit(); }),
            "no error");
}

TEST_F(OutputFileTest, AFolderAndAPlaceThatIsNotThereAreRefusedByName) {
  EXPECT_EQ(error_of([&] { OutputFile file(path("")); }),
            path("") + ": cannot be written: Is a directory");
  EXPECT_EQ(error_of([&] { OutputFile(path("no/a")); }),
            path("no/a") + ": cannot be written: No such file or directory");
}

TEST_F(OutputFileTest, ADiskFullInTheMiddleIsToldAtOnceAndKeepsTheOlderFile) {
  write("a", "old");
  {
    OutputFile file(path("a"));
    const FileSizeLimit limit(100'000);
    EXPECT_EQ(error_of([&] { file.write(much); }), path("a") + too_large);
    // Whoever caught it does not get the half under the name.
    EXPECT_NE(error_of([&] { file.commit(); }), "no error");
  }
  EXPECT_EQ(contents("a"), "old");
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFileTest, ADiskFullAtTheEndIsToldByCommit) {
  write("a", "old");
  {
    OutputFile file(path("a"));
    file.write("a text that is still in the buffer");
    const FileSizeLimit limit(4);
    EXPECT_EQ(error_of([&] { file.commit(); }), path("a") + too_large);
  }
  EXPECT_EQ(contents("a"), "old");
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFileTest, AFullDeviceIsToldAndStaysADevice) {
  if (!fs::is_character_file("/dev/full")) GTEST_SKIP() << "no /dev/full";
  OutputFile file("/dev/full");
  file.write("text");
  EXPECT_EQ(error_of([&] { file.commit(); }),
            "/dev/full: cannot be written: No space left on device");
  EXPECT_TRUE(fs::is_character_file("/dev/full"));
}

TEST_F(OutputFileTest, AFileNameOfTheGreatestLengthIsWritten) {
  const std::string name(255, 'n');
  OutputFile file(path(name));
  file.write("text");
  file.commit();
  EXPECT_EQ(contents(name), "text");
  EXPECT_EQ(files(), 1);
}

}  // namespace
}  // namespace kilburn
