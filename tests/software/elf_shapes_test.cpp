// Shapes of ELF files that linkers make and other loaders take: each is loaded, and runs to the
// same end on QEMU.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "common/error.h"
#include "platform/software/loader.h"
#include "process.h"
#include "programs.h"
#include "software/elf_builder.h"

namespace kilburn::software::testing {
namespace {

using kilburn::testing::run;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr Address dram = 0x8000'0000;
constexpr std::uint64_t mib = 1u << 20;
constexpr std::size_t first_program_header = sizeof(Elf64_Ehdr);

/// Passes, by the test finisher.
std::string code() {
  const std::uint32_t words[] = {
      0x001002B7,  // lui t0, 0x100
      0x00005337,  // lui t1, 5
      0x55530313,  // addi t1, t1, 0x555
      0x0062A023,  // sw t1, 0(t0)
      0x0000006F,  // j .
  };
  return {reinterpret_cast<const char*>(words), sizeof words};
}

using Bytes = std::vector<std::byte>;

template <class T>
void put(Bytes& bytes, std::size_t at, T value) {
  std::memcpy(&bytes.at(at), &value, sizeof value);
}
template <class T>
T get(const Bytes& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, &bytes.at(at), sizeof value);
  return value;
}

Bytes empty_segment_beyond_the_file() {
  ElfBuilder builder;
  builder.segments = {{dram + mib, "", 4096, 4096}, {dram, code(), 20}};
  Bytes bytes = builder.build();
  put<Elf64_Off>(bytes, first_program_header + offsetof(Elf64_Phdr, p_offset), 0xFFF0);
  return bytes;
}

Bytes entry(Address at, Address virtual_offset) {
  ElfBuilder builder;
  builder.entry = at;
  builder.segments = {{dram, code(), 20, 8, PT_LOAD, virtual_offset}};
  return builder.build();
}

constexpr Address upper_half = 0xFFFF'FFFF'0000'0000;

/// The file's first page, which begins with its headers, lies in the page before memory.
Bytes headers_before_memory(std::byte behind_headers = {}) {
  ElfBuilder builder;
  builder.segments = {{dram - 4096, "", 4096 + 20}};
  Bytes bytes = builder.build();
  bytes.resize(4096);
  bytes.back() = behind_headers;
  const Bytes text = bytes_of(code());
  bytes.insert(bytes.end(), text.begin(), text.end());
  put<Elf64_Off>(bytes, first_program_header + offsetof(Elf64_Phdr, p_offset), 0);
  put<Elf64_Xword>(bytes, first_program_header + offsetof(Elf64_Phdr, p_filesz), 4096 + 20);
  return bytes;
}

Bytes unsorted_segments_and_one_of_nothing() {
  ElfBuilder builder;
  builder.segments = {{dram + 2 * mib, "last", 4}, {dram + mib, "", 0}, {dram, code(), 20}};
  return builder.build();
}

Bytes long_program_headers() {
  ElfBuilder builder;
  builder.segments = {{dram, code(), 20}};
  Bytes bytes = builder.build();
  constexpr unsigned more = 8;
  bytes.insert(bytes.begin() + first_program_header + sizeof(Elf64_Phdr), more, std::byte{0xFF});
  constexpr std::size_t offset = first_program_header + offsetof(Elf64_Phdr, p_offset);
  put<Elf64_Off>(bytes, offset, get<Elf64_Off>(bytes, offset) + more);
  put<Elf64_Half>(bytes, offsetof(Elf64_Ehdr, e_phentsize), sizeof(Elf64_Phdr) + more);
  return bytes;
}

/// Data that the program itself moves to their virtual addresses: the first's zeros would lie where
/// the second's bytes do.
Bytes packed_data() {
  ElfBuilder builder;
  builder.segments = {{dram, code(), 20},
                      {dram + 0x1000, "one ", 0x2000, 4, PT_LOAD, 16 * mib},
                      {dram + 0x1004, "two ", 4, 4, PT_LOAD, 32 * mib}};
  return builder.build();
}

struct Shape {
  const char* name;
  Bytes file;
};

std::vector<Shape> shapes() {
  return {{"empty_segment_beyond_the_file", empty_segment_beyond_the_file()},
          {"physical_entry", entry(dram, upper_half)},
          {"virtual_entry", entry(upper_half + dram, upper_half)},
          {"headers_before_memory", headers_before_memory()},
          {"unsorted_segments", unsorted_segments_and_one_of_nothing()},
          {"long_program_headers", long_program_headers()},
          {"packed_data", packed_data()}};
}

struct Loaded {
  std::vector<std::byte> memory = std::vector<std::byte>(8 * mib, std::byte{0xA5});
  Address entry = 0;
  std::string refusal;

  explicit Loaded(const Bytes& file) {
    const platform::Folder folder;
    const std::string path =
        folder.write("x.elf", {reinterpret_cast<const char*>(file.data()), file.size()});
    Loader loader({dram, memory.size()}, [&](Address address, std::span<const std::byte> bytes) {
      std::ranges::copy(bytes, &memory.at(address - dram));
      return true;
    });
    try {
      entry = loader.load_elf(path).entry();
    } catch (const InputError& error) {
      refusal = error.what();
    }
  }
  [[nodiscard]] std::string at(Address address, std::size_t count) const {
    return {reinterpret_cast<const char*>(&memory.at(address - dram)), count};
  }
};

TEST(ElfShapes, EachHasItsCodeInMemoryAndStartsThere) {
  for (const auto& [name, file] : shapes()) {
    const Loaded loaded(file);
    EXPECT_EQ(loaded.refusal, "") << name;
    EXPECT_EQ(loaded.entry, dram) << name;
    EXPECT_EQ(loaded.at(dram, 20), code()) << name;
  }
}

TEST(ElfShapes, EachRunsToTheSameEndHereAndOnQemu) {
  KILBURN_NEEDS("qemu-system-riscv64");
  for (const auto& [name, file] : shapes()) {
    const platform::Folder folder;
    const std::string path =
        folder.write("x.elf", {reinterpret_cast<const char*>(file.data()), file.size()});
    EXPECT_TRUE(
        run("timeout 60 qemu-system-riscv64 -M virt -bios none -display none -serial none "
            "-monitor none -kernel " +
            path))
        << name;
    const platform::Outcome outcome = platform::kilburn({"run", "--elf", path});
    EXPECT_EQ(outcome.status, 0) << name << outcome.err;
  }
}

TEST(ElfShapes, ASegmentWithNothingInTheFileIsZeros) {
  const Loaded loaded(empty_segment_beyond_the_file());
  EXPECT_EQ(loaded.at(dram + mib, 4097), std::string(4096, '\0') + "\xA5");
}

TEST(ElfShapes, ZerosThatWouldLieOnAnotherSegmentAreTheProgramsToMake) {
  const Loaded loaded(packed_data());
  EXPECT_EQ(loaded.at(dram + 0x1000, 9), "one two \xA5");
}

TEST(ElfShapes, SegmentsWhoseBytesOverlapAreRefusedThereToo) {
  ElfBuilder builder;
  builder.segments = {{dram, code(), 20},
                      {dram + 0x1000, "one ", 0x2000, 4, PT_LOAD, 16 * mib},
                      {dram + 0x1003, "two ", 4, 4, PT_LOAD, 32 * mib}};
  EXPECT_THAT(Loaded(builder.build()).refusal, HasSubstr("overlaps"));
}

TEST(ElfShapes, WhatBelowMemoryIsNotTheFilesHeadersIsRefusedWithTheLinkersOptions) {
  EXPECT_THAT(Loaded(headers_before_memory(std::byte{1})).refusal,
              AllOf(HasSubstr("0x7ffff000 to 0x80000013 lies outside memory"),
                    HasSubstr("-Wl,-Ttext=0x80000000,-N,--build-id=none")));
}

TEST(ElfShapes, AnEntryPointInNoSegmentIsRefused) {
  EXPECT_THAT(Loaded(entry(dram + 20, upper_half)).refusal,
              HasSubstr("entry point 0x80000014 lies in no segment: allowed is a virtual or a "
                        "physical address"));
}

// What the refusal advises: the plain link, and the one with the options.
TEST(ElfShapes, PlainLinksOfTheCompilerRun) {
  KILBURN_NEEDS("riscv64-unknown-elf-gcc");
  const platform::Folder folder;
  const std::string source = folder.write("x.S",
                                          ".global _start\n_start: li t0, 0x100000\nli t1, 0x5555\n"
                                          "sw t1, 0(t0)\n1: j 1b\n.data\n.word 1\n");
  for (const char* options : {"-Wl,-Ttext=0x80000000", "-Wl,-Ttext-segment=0x80000000",
                              "-Wl,-Ttext=0x80000000,-N,--build-id=none,--no-warn-rwx-segments"}) {
    const std::string elf = folder / "x.elf";
    ASSERT_TRUE(run(std::string("riscv64-unknown-elf-gcc -nostdlib ") + options + " " + source +
                    " -o " + elf));
    const platform::Outcome outcome = platform::kilburn({"run", "--elf", elf});
    EXPECT_EQ(outcome.status, 0) << options << outcome.err;
  }
  ASSERT_TRUE(run("riscv64-unknown-elf-gcc -nostdlib -Wl,-Ttext=0x80000000,--build-id " + source +
                  " -o " + (folder / "id.elf")));
  const platform::Outcome refused = platform::kilburn({"run", "--elf", folder / "id.elf"});
  EXPECT_EQ(refused.status, 2);
  EXPECT_THAT(refused.err, HasSubstr("--build-id=none"));
}

}  // namespace
}  // namespace kilburn::software::testing
