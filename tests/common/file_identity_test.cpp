#include "common/file_identity.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/test_folder.h"

namespace kilburn {
namespace {

namespace fs = std::filesystem;

class FileIdentityTest : public FolderTest {
 protected:
  [[nodiscard]] FileIdentity of(const std::string& name) const { return FileIdentity(path(name)); }
};

TEST_F(FileIdentityTest, LinksAndHardLinksAreTheFileThatTheyLeadTo) {
  write("a", "text");
  fs::create_symlink("a", path("link"));
  fs::create_hard_link(path("a"), path("hard"));
  EXPECT_EQ(of("a"), of("link"));
  EXPECT_EQ(of("a"), of("hard"));
  EXPECT_EQ(of("a"), of("./a"));
  write("b", "text");
  EXPECT_FALSE(of("a") == of("b"));
  EXPECT_TRUE(of("a").is_regular());
}

TEST_F(FileIdentityTest, AFileThatIsNotThereYetIsKnownByFolderAndName) {
  fs::create_directory(path("d"));
  fs::create_directory_symlink("d", path("same"));
  fs::create_symlink("d/new", path("link"));
  fs::create_symlink("link", path("link_to_link"));
  EXPECT_EQ(of("d/new"), of("same/new"));
  EXPECT_EQ(of("d/new"), of("link"));
  EXPECT_EQ(of("d/new"), of("link_to_link"));
  EXPECT_EQ(of("no/new"), of("no/./new"));
  EXPECT_FALSE(of("d/new") == of("d/other"));
  EXPECT_FALSE(of("d/new") == of("new"));
  EXPECT_FALSE(of("d/new").exists());
}

TEST_F(FileIdentityTest, ARingOfLinksIsFollowedToNoEndAndIsItself) {
  fs::create_symlink("b", path("a"));
  fs::create_symlink("a", path("b"));
  EXPECT_EQ(of("a"), of("a"));
}

TEST_F(FileIdentityTest, OnlyACharacterDeviceIsShared) {
  write("a", "text");
  EXPECT_TRUE(FileIdentity(fs::path("/dev/null")).is_shared());
  EXPECT_FALSE(of("a").is_shared());
  EXPECT_FALSE(of("new").is_shared());
}

}  // namespace
}  // namespace kilburn
