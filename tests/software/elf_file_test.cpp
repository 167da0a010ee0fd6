// ELF files: what is read of them, and what is refused, by which words.
#include "platform/software/elf_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "common/error.h"
#include "common/random.h"
#include "process.h"
#include "programs.h"
#include "software/elf_builder.h"

namespace kilburn::software::testing {
namespace {

using kilburn::testing::run;

ElfFile read(const ElfBuilder& builder, Address base = 0) {
  return {builder.build(), "x.elf", base};
}

/// The message with which the file is refused.
std::string refusal(std::vector<std::byte> bytes, Address base = 0) {
  try {
    const ElfFile elf(std::move(bytes), "x.elf", base);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}

template <class T>
std::string refusal_with(std::size_t offset, T value, const ElfBuilder& builder = {}) {
  std::vector<std::byte> bytes = builder.build();
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  return refusal(bytes);
}

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr std::size_t first_program_header = sizeof(Elf64_Ehdr);

TEST(ElfFile, SegmentsAreReadWithTheirContentsAndZeros) {
  ElfBuilder builder;
  builder.segments = {{0x8000'0000, "text", 4}, {0x8000'1000, "da", 100}};
  const ElfFile elf = read(builder);
  ASSERT_EQ(elf.segments().size(), 2u);
  EXPECT_EQ(elf.segments()[0].address, 0x8000'0000u);
  EXPECT_EQ(text_of(elf.segments()[0].content), "text");
  EXPECT_EQ(elf.segments()[1].address, 0x8000'1000u);
  EXPECT_EQ(text_of(elf.segments()[1].content), "da");
  EXPECT_EQ(elf.segments()[1].memory_bytes, 100u);
  EXPECT_EQ(elf.entry(), 0x8000'0000u);
}

TEST(ElfFile, OnlyWhatTakesUpMemoryIsASegment) {
  ElfBuilder builder;
  builder.segments.push_back({0, "note", 4, 8, PT_NOTE});
  builder.segments.push_back({0x8100'0000, "", 0});
  EXPECT_EQ(read(builder).segments().size(), 1u);
}

TEST(ElfFile, ExecIgnoresTheBaseAndDynIsMovedByIt) {
  ElfBuilder builder;
  builder.symbols = {{"main", 0x8000'0002}};
  EXPECT_EQ(read(builder, 0x1000).entry(), 0x8000'0000u);
  builder.type = ET_DYN;
  builder.entry = 2;
  builder.segments = {{0, "code", 4}};
  builder.symbols = {{"main", 2}};
  const ElfFile elf = read(builder, 0x8000'0000);
  EXPECT_EQ(elf.entry(), 0x8000'0002u);
  EXPECT_EQ(elf.segments()[0].address, 0x8000'0000u);
  EXPECT_EQ(elf.symbols().find("main"), 0x8000'0002u);
}

TEST(ElfFile, AVirtualEntryPointIsTurnedIntoAPhysicalOne) {
  constexpr Address offset = 0xFFFF'FFFF'0000'0000;
  ElfBuilder builder;
  builder.segments = {{0x8020'0000, "kernel", 64, 8, PT_LOAD, offset}};
  builder.entry = offset + 0x8020'0004;
  const ElfFile elf = read(builder);
  EXPECT_EQ(elf.entry(), 0x8020'0004u);
  EXPECT_EQ(elf.physical(offset + 0x8020'003F), 0x8020'003Fu);
  EXPECT_EQ(elf.physical(offset + 0x8020'0040), std::nullopt);
  EXPECT_EQ(elf.physical(Address{0x8020'0000}), std::nullopt);
}

TEST(ElfFile, SymbolsAreFoundByName) {
  ElfBuilder builder;
  builder.segments = {{0x8000'0000, "code", 0x2000}};
  builder.symbols = {{"tohost", 0x8000'1000, 8, STT_OBJECT},
                     {"fromhost", 0x8000'1040, 8, STT_NOTYPE},
                     {"stack_size", 0x4000, 0, STT_NOTYPE, SHN_ABS},
                     {"elsewhere", 0, 0, STT_NOTYPE, SHN_UNDEF},
                     {"source.c", 0, 0, STT_FILE, SHN_ABS}};
  const ElfFile elf = read(builder);
  EXPECT_EQ(elf.physical("tohost"), 0x8000'1000u);
  EXPECT_EQ(elf.physical("fromhost"), 0x8000'1040u);
  EXPECT_EQ(elf.symbols().find("stack_size"), 0x4000u);
  for (const char* name : {"elsewhere", "source.c", "tohos", "tohost2", ""}) {
    EXPECT_EQ(elf.symbols().find(name), std::nullopt) << name;
  }
}

TEST(ElfFile, AnAddressHasTheNameOfTheLastSymbolBeforeIt) {
  ElfBuilder builder;
  builder.segments = {{0x8000'0000, "code", 0x2000}};
  builder.symbols = {
      {"start", 0x8000'0000, 0, STT_NOTYPE},      {"main", 0x8000'0100, 16},
      {"main_label", 0x8000'0100, 0, STT_NOTYPE}, {"$x", 0x8000'0108, 0, STT_NOTYPE},
      {".Lloop", 0x8000'0108, 0, STT_NOTYPE},     {"number", 0x8000'0108, 0, STT_NOTYPE, SHN_ABS}};
  const ElfFile elf = read(builder);
  const auto nearest = [&](Address address) {
    const auto place = elf.symbols().nearest(address);
    return place ? std::string(place->name) + "+" + std::to_string(place->offset) : "none";
  };
  EXPECT_EQ(nearest(0x8000'0000), "start+0");
  EXPECT_EQ(nearest(0x8000'00FF), "start+255");
  EXPECT_EQ(nearest(0x8000'0100), "main+0") << "the one that knows its size";
  EXPECT_EQ(nearest(0x8000'010A), "main+10");
  EXPECT_EQ(nearest(0x7FFF'FFFF), "none");
}

TEST(ElfFile, AStrippedDynHasItsDynamicSymbols) {
  ElfBuilder builder;
  builder.symbols = {{"visible", 0x8000'0000}};
  builder.symbol_section = SHT_DYNSYM;
  EXPECT_EQ(read(builder).symbols().find("visible"), 0x8000'0000u);
  builder.symbols.clear();
  EXPECT_TRUE(read(builder).symbols().empty());
}

TEST(ElfFile, AMovedFileKeepsItsContents) {
  ElfFile first = read(ElfBuilder{});
  const ElfFile second = std::move(first);
  EXPECT_EQ(text_of(second.segments()[0].content), "code");
}

TEST(ElfFile, TruncatedAndForeignFilesAreRefusedByOffset) {
  EXPECT_EQ(refusal(bytes_of("")),
            "x.elf: at 0x0: ELF header of 64 bytes reaches beyond the file's 0 bytes");
  EXPECT_EQ(refusal(bytes_of(std::string(64, 'x'))),
            "x.elf: at 0x0: no ELF file: it does not start with 7f 45 4c 46");
  std::vector<std::byte> bytes = ElfBuilder{}.build();
  bytes.resize(100);
  EXPECT_EQ(refusal(bytes),
            "x.elf: at 0x40: program header 0 of 56 bytes reaches beyond the file's 100 bytes");
}

TEST(ElfFile, HeadersOfOtherMachinesAreRefusedWithWhatIsAllowed) {
  EXPECT_EQ(refusal_with(EI_CLASS, std::uint8_t{1}), "x.elf: at 0x4: class 1: allowed 2 (64 bits)");
  EXPECT_EQ(refusal_with(EI_DATA, std::uint8_t{2}),
            "x.elf: at 0x5: data encoding 2: allowed 1 (little-endian)");
  EXPECT_EQ(refusal_with(EI_VERSION, std::uint8_t{0}),
            "x.elf: at 0x6: version 0: allowed 1 (the current one)");
  EXPECT_EQ(refusal_with(16, std::uint16_t{1}),
            "x.elf: at 0x10: type 1: allowed 2 (EXEC) and 3 (DYN, static-pie)");
  EXPECT_EQ(refusal_with(18, std::uint16_t{62}),
            "x.elf: at 0x12: machine 62: allowed 243 (RISC-V)");
  EXPECT_EQ(refusal_with(54, std::uint16_t{32}),
            "x.elf: at 0x36: program header size 32: allowed 56 bytes and more");
  EXPECT_EQ(refusal_with(56, std::uint16_t{0}),
            "x.elf: at 0x38: 0 program headers: allowed 1 to 65534");
}

TEST(ElfFile, ProgramHeadersFarOutsideTheFileAreRefused) {
  EXPECT_EQ(refusal_with(32, UINT64_MAX - 10),
            "x.elf: at 0xfffffffffffffff5: program header of 56 bytes reaches beyond the file's "
            "124 bytes");
}

TEST(ElfFile, ASegmentBeyondTheFileIsRefused) {
  EXPECT_EQ(refusal_with(first_program_header + 8, std::uint64_t{121}),
            "x.elf: at 0x79: segment 0 of 4 bytes reaches beyond the file's 124 bytes");
  EXPECT_EQ(refusal_with(first_program_header + 8, UINT64_MAX - 1),
            "x.elf: at 0xfffffffffffffffe: segment 0 of 4 bytes reaches beyond the file's 124 "
            "bytes");
}

TEST(ElfFile, ASegmentLargerInTheFileThanInMemoryIsRefused) {
  EXPECT_EQ(refusal_with(first_program_header + 40, std::uint64_t{3}),
            "x.elf: at 0x40: segment 0 has 4 bytes in the file and 3 in memory: allowed at most as "
            "many");
}

TEST(ElfFile, ASegmentBeyondTheAddressSpaceIsRefused) {
  ElfBuilder builder;
  builder.segments = {{UINT64_MAX - 2, "code", 4}};
  EXPECT_EQ(refusal(builder.build()),
            "x.elf: at 0x40: segment 0 of 4 bytes at 0xfffffffffffffffd reaches beyond the 64-bit "
            "address space");
  builder.type = ET_DYN;
  builder.segments = {{0xFFFF'FFFF'8000'0000, "code", 4}};
  EXPECT_THAT(refusal(builder.build(), 0x8000'0000), ::testing::HasSubstr("64-bit address space"));
}

TEST(ElfFile, AlignmentMustBeAPowerOfTwoThatTheBaseKeeps) {
  EXPECT_EQ(refusal_with(first_program_header + 48, std::uint64_t{12}),
            "x.elf: at 0x40: segment 0 is aligned to 12: allowed powers of two");
  ElfBuilder builder;
  builder.type = ET_DYN;
  builder.entry = 0;
  builder.segments = {{0, "code", 4, 0x1000}};
  EXPECT_EQ(refusal(builder.build(), 0x8000'0800),
            "x.elf: segment 0 is aligned to 0x1000, which the load address 0x80000800 is not");
  EXPECT_EQ(refusal(builder.build(), 0x8000'1000), "accepted");
}

TEST(ElfFile, AProgramThatNeedsADynamicLinkerIsRefused) {
  ElfBuilder builder;
  builder.segments.insert(builder.segments.begin(), {0, "/lib/ld.so", 10, 1, PT_INTERP});
  EXPECT_EQ(refusal(builder.build()),
            "x.elf: at 0x40: the program needs a dynamic linker: link it with -static-pie");
}

TEST(ElfFile, AProgramWithNothingToLoadIsRefused) {
  ElfBuilder builder;
  builder.segments = {{0, "note", 4, 8, PT_NOTE}};
  EXPECT_EQ(refusal(builder.build()), "x.elf: at 0x40: no segment to load");
}

TEST(ElfFile, AnEntryPointOutsideAllSegmentsIsRefused) {
  ElfBuilder builder;
  builder.entry = 0x8000'0004;
  EXPECT_EQ(refusal(builder.build()),
            "x.elf: at 0x18: entry point 0x80000004 lies in no segment: allowed is a virtual or a "
            "physical address of one");
}

TEST(ElfFile, DamagedSymbolTablesAreRefused) {
  ElfBuilder builder;
  builder.symbols = {{"main", 0x8000'0000}};
  const std::vector<std::byte> sound = builder.build();
  Elf64_Ehdr header;
  std::memcpy(&header, sound.data(), sizeof header);
  const auto with = [&](std::size_t offset, auto value) {
    return refusal_with(offset, value, builder);
  };
  const std::size_t table = header.e_shoff + sizeof(Elf64_Shdr);
  EXPECT_EQ(with(58, std::uint16_t{40}), "x.elf: at 0x3a: section header size 40: allowed 64");
  EXPECT_THAT(with(40, std::uint64_t{0x1000}),
              ::testing::HasSubstr("at 0x1000: section header of 64 bytes reaches beyond"));
  EXPECT_THAT(with(table + offsetof(Elf64_Shdr, sh_link), std::uint32_t{3}),
              ::testing::HasSubstr("the symbols' names are in section 3: allowed 0 to 2"));
  EXPECT_THAT(with(table + offsetof(Elf64_Shdr, sh_size), std::uint64_t{4800}),
              ::testing::HasSubstr("symbol table of 4800 bytes reaches beyond"));
  EXPECT_THAT(
      with(table + sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_offset), std::uint64_t{9999}),
      ::testing::HasSubstr("at 0x270f: symbol name table of"));
  EXPECT_THAT(with(124 + sizeof(Elf64_Sym), std::uint32_t{5000}),
              ::testing::HasSubstr("name of symbol 1 of 0 bytes reaches beyond"));
}

TEST(ElfFile, AnySpoiledByteIsReadOrRefusedNeverMore) {
  ElfBuilder builder;
  builder.segments = {{0x8000'0000, "text", 64}, {0x8000'1000, "data", 4}};
  builder.symbols = {{"main", 0x8000'0000, 4}, {"tohost", 0x8000'1000, 8}};
  const std::vector<std::byte> sound = builder.build();
  constexpr std::uint64_t seed = 7;
  SCOPED_TRACE(seed);
  std::uint64_t state = seed;
  unsigned refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::vector<std::byte> bytes = sound;
    for (unsigned n = 0; n < 3; ++n) {
      bytes[next_random(state) % bytes.size()] = static_cast<std::byte>(next_random(state) >> 40);
    }
    bytes.resize(bytes.size() - (next_random(state) % 8 == 0 ? next_random(state) % 64 : 0));
    try {
      const ElfFile elf(std::move(bytes), "spoiled", 0);
      for (const ElfSegment& segment : elf.segments()) {
        ASSERT_LE(segment.content.size(), segment.memory_bytes);
      }
      (void)elf.symbols().nearest(0x8000'0010);
    } catch (const InputError& error) {
      ASSERT_THAT(error.what(), ::testing::StartsWith("spoiled: "));
      ++refused;
    }
  }
  EXPECT_GT(refused, 5'000u);
  EXPECT_LT(refused, 20'000u);
}

TEST(ElfFile, AFileThatIsNotThereIsNamed) {
  try {
    const ElfFile elf("/nowhere/x.elf", 0);
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("/nowhere/x.elf"));
  }
}

TEST(ElfFile, ReadsWhatTheCompilerMakes) {
  KILBURN_NEEDS("riscv64-unknown-elf-gcc");
  const platform::Folder folder;
  const std::string source = folder.write(
      "x.c", "long tohost = 1; long zeros[100]; void _start(void) { tohost = zeros[1]; }");
  const std::string elf_path = folder / "x.elf";
  ASSERT_TRUE(
      run("riscv64-unknown-elf-gcc -nostdlib -nostartfiles -mcmodel=medany "
          "-Wl,-Ttext=0x80000000,-N -o " +
          elf_path + " " + source));
  const ElfFile elf(elf_path, 0);
  EXPECT_EQ(elf.entry(), elf.physical("_start"));
  EXPECT_EQ(elf.entry(), 0x8000'0000u);
  const std::optional<Address> tohost = elf.physical("tohost");
  ASSERT_TRUE(tohost);
  std::uint64_t memory_bytes = 0;
  for (const ElfSegment& segment : elf.segments()) {
    memory_bytes += segment.memory_bytes - segment.content.size();
    if (*tohost - segment.address >= segment.content.size()) continue;
    std::uint64_t value = 0;
    std::memcpy(&value, &segment.content[*tohost - segment.address], sizeof value);
    EXPECT_EQ(value, 1u);
  }
  EXPECT_GE(memory_bytes, 800u);
  EXPECT_EQ(elf.symbols().nearest(0x8000'0002)->name, "_start");
}

}  // namespace
}  // namespace kilburn::software::testing
