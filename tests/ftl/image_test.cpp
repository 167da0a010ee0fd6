// The image file: a process that is killed is a drive whose power fails.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "common/error.h"
#include "ftl/drive.h"

namespace kilburn::ftl::test {
namespace {

/// A file name of this test alone, gone when the test ends.
class ImageFile {
 public:
  ImageFile()
      : path_(std::filesystem::temp_directory_path() /
              ("kilburn_image_" + std::to_string(::getpid()))) {
    std::filesystem::remove(path_);
  }
  ~ImageFile() { std::filesystem::remove(path_); }
  ImageFile(const ImageFile&) = delete;
  ImageFile& operator=(const ImageFile&) = delete;
  [[nodiscard]] std::string name() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

struct Opened {
  explicit Opened(const std::string& name, nand::Geometry geometry = tiny_geometry())
      : array(geometry, {}, spare_bytes(geometry), name), ftl(tiny_config(), {}, array) {}
  nand::Array array;
  Ftl ftl;
};

std::string message_of(const std::string& name, nand::Geometry geometry = tiny_geometry()) {
  try {
    const Opened opened(name, geometry);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

void put(Ftl& ftl, Nanoseconds& now, Listener& listener, Unit unit, std::uint64_t number) {
  const auto data = Drive::unit_of(number);
  ftl.submit({.kind = Request::Kind::write,
              .durable = true,
              .space = 1,
              .first = std::uint64_t{unit} * unit_sectors,
              .sectors = unit_sectors,
              .tag = number,
              .data = data},
             now);
  while (!listener.ends.contains(number)) {
    now = std::max(now, ftl.next_event());
    ftl.advance(now, listener);
  }
}

std::uint64_t get(Ftl& ftl, Nanoseconds& now, Listener& listener, Unit unit) {
  constexpr std::uint64_t tag = UINT64_MAX;
  listener.ends.erase(tag);
  ftl.submit({.kind = Request::Kind::read,
              .space = 1,
              .first = std::uint64_t{unit} * unit_sectors,
              .sectors = unit_sectors,
              .tag = tag},
             now);
  while (!listener.ends.contains(tag)) {
    now = std::max(now, ftl.next_event());
    ftl.advance(now, listener);
  }
  return Drive::number_of(listener.read[tag]).value();
}

TEST(Image, KeepsTheDriveForTheNextProcess) {
  const ImageFile file;
  Nanoseconds now = 0;
  {
    Opened opened(file.name());
    Listener listener;
    for (Unit unit = 0; unit < 20; ++unit) put(opened.ftl, now, listener, unit, unit + 1);
  }
  Opened opened(file.name());
  Listener listener;
  now = 0;
  for (Unit unit = 0; unit < 20; ++unit) EXPECT_EQ(get(opened.ftl, now, listener, unit), unit + 1);
  EXPECT_EQ(findings(opened.ftl), "");
}

TEST(Image, OfAKilledProcessHoldsEverythingThatWasDurableAndNoMixtures) {
  const ImageFile file;
  std::vector<std::uint64_t> durable(38, 0);
  std::uint64_t number = 0;
  std::mt19937_64 random(1);
  for (unsigned round = 0; round < 12; ++round) {
    int pipe[2] = {};
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      Opened opened(file.name());
      Nanoseconds now = 0;
      for (;;) {
        Listener listener;
        const auto unit = static_cast<Unit>(random() % durable.size());
        put(opened.ftl, now, listener, unit, ++number);
        const std::uint64_t told[2] = {unit, number};
        if (::write(pipe[1], told, sizeof told) != sizeof told) ::_exit(1);
      }
    }
    ::close(pipe[1]);
    ::usleep(20'000 + static_cast<useconds_t>(random() % 30'000));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::uint64_t told[2] = {};
    std::vector<std::uint64_t> newest = durable;
    while (::read(pipe[0], told, sizeof told) == sizeof told) {
      newest[told[0]] = told[1];
      number = std::max(number, told[1]);
    }
    ::close(pipe[0]);
    Opened opened(file.name());
    Listener listener;
    Nanoseconds now = 0;
    for (Unit unit = 0; unit < durable.size(); ++unit) {
      const std::uint64_t found = get(opened.ftl, now, listener, unit);
      EXPECT_TRUE(found == newest[unit] || found == number + 1)
          << "unit " << unit << " holds " << found << ", " << newest[unit] << " was durable";
      durable[unit] = found;
    }
    ++number;
    ASSERT_EQ(findings(opened.ftl), "");
    random.discard(1000);
  }
  EXPECT_GT(number, 100u);
}

TEST(Image, ThatIsWrongIsRefusedByNameAndReason) {
  const ImageFile file;
  const auto expect = [&](const std::string& what, nand::Geometry geometry = tiny_geometry()) {
    const std::string message = message_of(file.name(), geometry);
    EXPECT_NE(message.find(what), std::string::npos) << message;
    EXPECT_EQ(message.find(file.name()), 0u) << message;
  };
  std::ofstream(file.name()) << "too short";
  expect("too short");
  std::ofstream(file.name()) << std::string(100'000, 'x');
  expect("not an SSD image");
  std::filesystem::remove(file.name());
  ASSERT_EQ(message_of(file.name()), "");
  nand::Geometry other = tiny_geometry();
  other.blocks = 20;
  expect("geometry", other);
  const auto change = [&](std::streamoff at, char value) {
    std::fstream image(file.name(), std::ios::in | std::ios::out | std::ios::binary);
    image.seekp(at);
    image.put(value);
  };
  change(8, 9);
  expect("version 9");
  change(8, 1);
  change(17, 1);
  expect("checksum");
  change(17, 0);
  ASSERT_EQ(message_of(file.name()), "");
  std::filesystem::resize_file(file.name(), std::filesystem::file_size(file.name()) - 1);
  expect("bytes and must have");
  std::filesystem::remove(file.name());
  std::filesystem::create_directory(file.name());
  expect("");
}

TEST(Image, InUseByAnotherIsRefused) {
  const ImageFile file;
  const Opened opened(file.name());
  EXPECT_NE(message_of(file.name()).find("another process"), std::string::npos);
}

TEST(Image, IsSparse) {
  const ImageFile file;
  const nand::Geometry geometry;
  {
    nand::Array array(geometry, {}, spare_bytes(geometry), file.name());
    const Ftl ftl(FtlConfig{}, {}, array);
  }
  struct stat status {};
  ASSERT_EQ(::stat(file.name().c_str(), &status), 0);
  EXPECT_GT(status.st_size, std::int64_t{128} << 30);
  EXPECT_LT(status.st_blocks * 512, 8 << 20);
}

}  // namespace
}  // namespace kilburn::ftl::test
