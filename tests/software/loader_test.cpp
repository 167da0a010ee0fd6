// What the loader puts where, and what it refuses.
#include "platform/software/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/error.h"
#include "process.h"
#include "programs.h"
#include "software/elf_builder.h"

namespace kilburn::software::testing {
namespace {

using kilburn::testing::run;
using ::testing::HasSubstr;

constexpr std::uint64_t mib = 1u << 20;
constexpr Address dram = 0x8000'0000;

/// Memory that begins with noise, as after a reset.
struct World {
  explicit World(std::uint64_t bytes = 8 * mib)
      : memory(bytes, std::byte{0xA5}),
        loader({dram, bytes}, [this](Address address, std::span<const std::byte> data) {
          EXPECT_TRUE(AddressRange(dram, memory.size()).contains({address, data.size()}));
          std::memcpy(&memory[address - dram], data.data(), data.size());
          return true;
        }) {}
  std::vector<std::byte> memory;
  Loader loader;
  platform::Folder folder;

  std::string file(const std::string& name, std::span<const std::byte> bytes) {
    return folder.write(name, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  }
  std::string at(Address address, std::size_t count) const {
    return {reinterpret_cast<const char*>(&memory[address - dram]), count};
  }
};

std::string refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

struct ImageHeader {
  std::uint32_t code[2] = {0x5A4D, 0};
  std::uint64_t text_offset = 2 * mib;
  std::uint64_t image_size = 0;
  std::uint64_t flags = 0;
  std::uint32_t version = 2;
  std::uint32_t reserved1 = 0;
  std::uint64_t reserved2 = 0;
  char magic[8] = {'R', 'I', 'S', 'C', 'V'};
  char magic2[4] = {'R', 'S', 'C', '\x05'};
  std::uint32_t reserved3 = 0;
};
static_assert(sizeof(ImageHeader) == 64);

std::string image(const ImageHeader& header, const std::string& body = "kernel") {
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + body;
}

/// As the program gzip packs it.
std::string gzip(const std::string& text) {
  const platform::Folder folder;
  EXPECT_TRUE(run("gzip -n " + folder.write("file", text)));
  return platform::contents(folder / "file.gz");
}

TEST(AddressRange, ContainsAndOverlapsUpToTheEndOfTheAddressSpace) {
  const AddressRange last{UINT64_MAX - 9, 10};
  EXPECT_TRUE(last.contains({UINT64_MAX, 1}));
  EXPECT_FALSE(last.contains({UINT64_MAX, 2}));
  EXPECT_FALSE(last.contains({UINT64_MAX - 10, 1}));
  EXPECT_TRUE(last.overlaps({0, UINT64_MAX}));
  EXPECT_FALSE(last.overlaps({0, UINT64_MAX - 9}));
  EXPECT_TRUE((AddressRange{10, 5}.overlaps({14, 1})));
  EXPECT_FALSE((AddressRange{10, 5}.overlaps({15, 1})));
  EXPECT_FALSE((AddressRange{10, 5}.overlaps({12, 0})));
  EXPECT_EQ(to_string(last), "0xfffffffffffffff6 to 0xffffffffffffffff");
  EXPECT_EQ(to_string(AddressRange{16, 0}), "0x10, 0 bytes");
}

TEST(Loader, AProgramsZerosOverwriteWhatMemoryHeld) {
  World world;
  ElfBuilder builder;
  builder.segments = {{dram, "text", 4}, {dram + 0x1000, "data", 100'000}};
  const ElfFile elf = world.loader.load_elf(world.file("x.elf", builder.build()));
  EXPECT_EQ(elf.entry(), dram);
  EXPECT_EQ(world.at(dram, 5), "text\xA5");
  EXPECT_EQ(world.at(dram + 0x1000, 100'001),
            std::string("data").append(100'000 - 4, '\0').append("\xA5"));
}

TEST(Loader, AStaticPieLiesAtTheStartOfMemory) {
  World world;
  ElfBuilder builder;
  builder.type = ET_DYN;
  builder.entry = 0x10;
  builder.segments = {{0x10, "code", 4, 0x1000}};
  EXPECT_EQ(world.loader.load_elf(world.file("pie.elf", builder.build())).entry(), dram + 0x10);
  EXPECT_EQ(world.at(dram + 0x10, 4), "code");
}

TEST(Loader, ASegmentOutsideMemoryIsRefusedAndNothingIsWritten) {
  World world;
  ElfBuilder builder;
  builder.segments = {{dram, "code", 4}, {dram + 8 * mib - 2, "data", 4}};
  const std::string path = world.file("x.elf", builder.build());
  EXPECT_EQ(refusal([&] { (void)world.loader.load_elf(path); }),
            path +
                " (segment at 0x807ffffe): 0x807ffffe to 0x80800001 lies outside memory, "
                "0x80000000 to 0x807fffff");
  EXPECT_EQ(world.at(dram, 4), "\xA5\xA5\xA5\xA5");
}

TEST(Loader, SegmentsThatOverlapAreRefused) {
  World world;
  ElfBuilder builder;
  builder.segments = {{dram, "code", 0x100}, {dram + 0xFF, "data", 4}};
  const std::string path = world.file("x.elf", builder.build());
  EXPECT_EQ(refusal([&] { (void)world.loader.load_elf(path); }),
            path + " (segment at 0x800000ff): 0x800000ff to 0x80000102 overlaps " + path +
                " (segment at 0x80000000), 0x80000000 to 0x800000ff");
}

TEST(Loader, ARawFileLiesWhereItIsTold) {
  World world;
  const std::string path = world.folder.write("blob", "raw bytes");
  const AddressRange expected{dram + 0x123, 9};
  EXPECT_EQ(world.loader.load_raw(path, dram + 0x123), expected);
  EXPECT_EQ(world.at(dram + 0x123, 9), "raw bytes");
  EXPECT_EQ(refusal([&] { world.loader.load_raw(path, dram + 0x12B); }),
            path + ": 0x8000012b to 0x80000133 overlaps " + path + ", 0x80000123 to 0x8000012b");
  EXPECT_EQ(refusal([&] { world.loader.load_raw(path, 0x1000); }),
            path + ": 0x1000 to 0x1008 lies outside memory, 0x80000000 to 0x807fffff");
}

TEST(Loader, AnImageLiesAtItsTextOffsetAndItsZerosAreWritten) {
  World world;
  const std::string file = image({.image_size = 0x1000});
  EXPECT_EQ(world.loader.load_kernel(world.folder.write("Image", file)), dram + 2 * mib);
  EXPECT_EQ(world.at(dram + 2 * mib, 0x1001),
            std::string(file).append(0x1000 - file.size(), '\0').append("\xA5"));
}

TEST(Loader, AnImageTakesUpItsImageSize) {
  World world;
  (void)world.loader.load_kernel(world.folder.write("Image", image({.image_size = mib})));
  const std::string raw = world.folder.write("raw", "x");
  EXPECT_THAT(refusal([&] { world.loader.load_raw(raw, dram + 3 * mib - 1); }),
              HasSubstr("Image, 0x80200000 to 0x802fffff"));
  EXPECT_EQ(refusal([&] { world.loader.load_raw(raw, dram + 3 * mib); }), "accepted");
}

TEST(Loader, ACompressedImageIsUnpacked) {
  World world;
  const std::string file = image({.text_offset = 4 * mib}, std::string(300'000, 'k'));
  EXPECT_EQ(world.loader.load_kernel(world.folder.write("Image.gz", gzip(file))), dram + 4 * mib);
  EXPECT_EQ(world.at(dram + 4 * mib, file.size()), file);
}

TEST(Loader, ACompressedImageMayHaveSeveralMembersAndZerosBehindThem) {
  const std::string file = image({.text_offset = 4 * mib}, std::string(300'000, 'k'));
  const std::string members = gzip(file.substr(0, 1000)) + gzip(file.substr(1000));
  for (const std::string& packed :
       {members, gzip(file) + std::string(512, '\0'), members + std::string(100'001, '\0')}) {
    World world;
    EXPECT_EQ(world.loader.load_kernel(world.folder.write("Image.gz", packed)), dram + 4 * mib);
    EXPECT_EQ(world.at(dram + 4 * mib, file.size()), file);
  }
}

TEST(Loader, AnElfKernelIsLoadedAsAProgram) {
  World world;
  ElfBuilder builder;
  builder.entry = dram + 2 * mib;
  builder.segments = {{dram + 2 * mib, "vmlinux", 7}};
  EXPECT_EQ(world.loader.load_kernel(world.file("vmlinux", builder.build())), dram + 2 * mib);
  EXPECT_EQ(world.at(dram + 2 * mib, 7), "vmlinux");
}

TEST(Loader, DamagedCompressionIsRefused) {
  World world;
  std::string packed = gzip(image({}, std::string(5000, 'k')));
  const std::string cut = world.folder.write("cut", packed.substr(0, packed.size() / 2));
  EXPECT_THAT(refusal([&] { (void)world.loader.load_kernel(cut); }),
              HasSubstr(cut + ": damaged gzip data after"));
  packed[packed.size() - 6] ^= 1;  // of the checksum
  const std::string bad = world.folder.write("bad", packed);
  EXPECT_THAT(refusal([&] { (void)world.loader.load_kernel(bad); }),
              HasSubstr(bad + ": damaged gzip data"));
}

TEST(Loader, AnImageThatUnpacksToMoreThanMemoryIsRefused) {
  World world;
  const std::string path = world.folder.write("Image.gz", gzip(std::string(9 * mib, '\0')));
  EXPECT_EQ(refusal([&] { (void)world.loader.load_kernel(path); }),
            path + ": unpacks to more than 8388608 bytes, all that memory holds");
}

TEST(Loader, KernelsOfOtherKindsAreRefused) {
  World world;
  const auto refused = [&](const std::string& content) {
    const std::string path = world.folder.write("k", content);
    const std::string text = refusal([&] { (void)world.loader.load_kernel(path); });
    EXPECT_EQ(text.substr(0, path.size()), path);
    return text.substr(path.size());
  };
  EXPECT_EQ(refused("neither"),
            ": no kernel: neither a RISC-V Linux Image (\"RSC\\x05\" at 0x38), plain or by gzip, "
            "nor an ELF file");
  EXPECT_EQ(refused(image({.text_offset = 0x80000})),
            ": at 0x8: text_offset 0x80000: allowed multiples of 0x200000");
  EXPECT_EQ(refused(image({.flags = 1})),
            ": at 0x18: a big-endian kernel: allowed little-endian ones");
  EXPECT_EQ(refused(image({.text_offset = 8 * mib})),
            ": 0x80800000 to 0x80800045 lies outside memory, 0x80000000 to 0x807fffff");
  EXPECT_EQ(refused(image({.text_offset = UINT64_MAX - (2 * mib - 1)})),
            ": text_offset 0xffffffffffe00000 lies outside memory, 0x80000000 to 0x807fffff");
  EXPECT_THAT(refused(image({.image_size = UINT64_MAX})), HasSubstr("lies outside memory"));
}

TEST(Loader, TheInitrdLiesHalfOfASmallMemoryAboveTheKernel) {
  World world;
  const std::string path = world.folder.write("initrd", "ramdisk");
  const AddressRange expected{dram + 6 * mib, 7};
  EXPECT_EQ(world.loader.load_initrd(path, dram + 2 * mib), expected);
  EXPECT_EQ(world.at(dram + 6 * mib, 7), "ramdisk");
  EXPECT_EQ(world.loader.load_initrd(path, dram + 1).first, dram + 4 * mib + 4096);
}

TEST(Loader, TheInitrdOfALargeMemoryLies128MibAboveTheKernel) {
  platform::Folder folder;
  Address written = 0;
  Loader loader({dram, 4096 * mib}, [&](Address address, std::span<const std::byte>) {
    written = address;
    return true;
  });
  const std::string path = folder.write("initrd", "x");
  EXPECT_EQ(loader.load_initrd(path, dram + 2 * mib).first, dram + 130 * mib);
  EXPECT_EQ(written, dram + 130 * mib);
}

TEST(Loader, TheDeviceTreeLiesAtTheEndOfMemoryWithRoomBehindIt) {
  World world;
  EXPECT_EQ(world.loader.load_device_tree(bytes_of("tree")), dram + 6 * mib);
  EXPECT_EQ(world.at(dram + 6 * mib, 5), "tree\xA5");
  const std::string path = world.folder.write("raw", "x");
  EXPECT_EQ(refusal([&] { world.loader.load_raw(path, dram + 6 * mib + 64 * 1024 + 3); }),
            path + ": 0x80610003 to 0x80610003 overlaps device tree, 0x80600000 to 0x80610003");
}

TEST(Loader, TheDeviceTreeGivesWayToWhatIsThere) {
  World world;
  const std::string path = world.folder.write("raw", "x");
  world.loader.load_raw(path, dram + 6 * mib + 64 * 1024);
  EXPECT_EQ(world.loader.load_device_tree(bytes_of("tree")), dram + 4 * mib);
}

TEST(Loader, TheDeviceTreeOfALargeMemoryLiesBelow3Gib) {
  Loader loader({dram, 4096 * mib}, [](Address, std::span<const std::byte>) { return true; });
  EXPECT_EQ(loader.load_device_tree(bytes_of("tree")), 3072 * mib - 2 * mib);
}

TEST(Loader, ADeviceTreeWithoutRoomIsRefused) {
  World world(2 * mib);
  const std::string path = world.folder.write("raw", "x");
  world.loader.load_raw(path, dram);
  EXPECT_THAT(refusal([&] { (void)world.loader.load_device_tree(bytes_of("tree")); }),
              HasSubstr("device tree: "));
  World tiny(4096);
  EXPECT_EQ(refusal([&] { (void)tiny.loader.load_device_tree(bytes_of("tree")); }),
            "device tree: 65540 bytes do not fit in memory, 0x80000000 to 0x80000fff");
}

TEST(Loader, MemoryThatRefusesAWriteIsReported) {
  platform::Folder folder;
  Loader loader({dram, mib}, [](Address, std::span<const std::byte>) { return false; });
  const std::string path = folder.write("raw", "xyz");
  EXPECT_EQ(refusal([&] { loader.load_raw(path, dram); }),
            path + ": memory refuses 0x80000000 to 0x80000002");
}

TEST(Loader, FilesThatAreNotThereAreNamed) {
  World world;
  const std::string path = world.folder / "missing";
  EXPECT_THAT(refusal([&] { (void)world.loader.load_elf(path); }), HasSubstr(path));
  EXPECT_THAT(refusal([&] { (void)world.loader.load_kernel(path); }), HasSubstr(path));
  EXPECT_THAT(refusal([&] { world.loader.load_raw(path, dram); }), HasSubstr(path));
}

}  // namespace
}  // namespace kilburn::software::testing
