// ChampSim and lackey traces, recognition of formats, and what is said of files that are none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "compressed.h"
#include "trace/champsim.h"
#include "trace_support.h"

namespace kilburn::trace::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string bytes_of(const std::vector<ChampsimInstruction>& instructions) {
  std::string bytes(instructions.size() * sizeof(ChampsimInstruction), '\0');
  std::memcpy(bytes.data(), instructions.data(), bytes.size());
  return bytes;
}

Record record(Kind kind, Address address, std::uint8_t size) {
  return {.address = address, .kind = kind, .size = size};
}

/// Three instructions: one that loads and stores, one that follows it, one elsewhere.
std::vector<ChampsimInstruction> sample() {
  return {
      {.ip = 0x1000, .destination_memory = {0x8004, 0}, .source_memory = {0x9000, 0, 0x9100, 0}},
      {.ip = 0x1003,
       .is_branch = 1,
       .branch_taken = 1,
       .destination_registers = {champsim_instruction_pointer, 0}},
      {.ip = 0x4000}};
}

TEST(ChampSim, InstructionsBecomeFetchesThenLoadsThenStores) {
  const auto reader = open_bytes(bytes_of(sample()));
  EXPECT_EQ(reader->description().format, "ChampSim");
  EXPECT_THAT(read_all(*reader).records,
              ElementsAre(record(Kind::fetch, 0x1000, 3),  // to the next instruction
                          record(Kind::load, 0x9000, 8), record(Kind::load, 0x9100, 8),
                          record(Kind::store, 0x8004, 4),  // to the end of the 8-byte word
                          record(Kind::fetch, 0x1003, 4),  // the next is elsewhere
                          record(Kind::fetch, 0x4000, 4)));
}

TEST(ChampSim, CompressedTracesReadTheSame) {
  const std::string bytes = bytes_of(sample());
  const Whole plain = read_all(*open_bytes(bytes));
  const auto as_xz = open_bytes(xz(bytes));
  EXPECT_EQ(as_xz->description().format, "ChampSim, xz");
  EXPECT_TRUE(read_all(*as_xz) == plain);
  const auto as_gzip = open_bytes(gzip(bytes));
  EXPECT_EQ(as_gzip->description().format, "ChampSim, gzip");
  EXPECT_TRUE(read_all(*as_gzip) == plain);
}

/// Instructions as our writer makes them: branches where the next is elsewhere.
std::vector<ChampsimInstruction> random_instructions(Random& random, std::size_t count) {
  std::vector<ChampsimInstruction> instructions;
  Address ip = 0x400000;
  for (std::size_t i = 0; i < count; ++i) {
    ChampsimInstruction instruction{.ip = ip};
    const std::size_t loads = random.below(5);
    const std::size_t stores = random.below(3);
    for (std::size_t at = 0; at < loads; ++at)
      instruction.source_memory[at] = 1 + random.bits() / 2;
    for (std::size_t at = 0; at < stores; ++at) {
      instruction.destination_memory[at] = 1 + random.bits() / 2;
    }
    if (random.below(4) == 0 && i + 1 < count) {
      instruction.is_branch = instruction.branch_taken = 1;
      instruction.destination_registers[0] = champsim_instruction_pointer;
      ip = 0x400000 + 0x1000 * random.below(64) + 0x100000 * (i % 2);
      if (ip - instruction.ip >= 1 && ip - instruction.ip <= 15) ip += 64;
      if (ip - instruction.ip == 4) ip += 64;
    } else {
      ip += 1 + random.below(15);
    }
    instructions.push_back(instruction);
  }
  return instructions;
}

TEST(ChampSim, ConvertedToOursAndBackIsTheSameByteForByte) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const std::string original = bytes_of(random_instructions(random, 1 + random.below(5000)));
    const Whole whole = read_all(*open_bytes(original));
    const auto ours = open_bytes(kilburn_bytes(whole, 1000));
    const TemporaryFolder folder;
    for (const char* name : {"t.champsim", "t.champsim.xz", "t.champsim.gz"}) {
      const auto writer = create_trace(folder / name, Format::champsim);
      ours->seek(0);
      for (Batch batch = ours->next(); !batch.empty(); batch = ours->next()) writer->append(batch);
      writer->finish();
      EXPECT_TRUE(read_all(*open_trace(folder / name)) == whole) << name;
    }
    EXPECT_EQ(read_file(folder / "t.champsim"), original);
  }
}

std::string written(const std::vector<Record>& records) {
  const TemporaryFolder folder;
  const auto writer = create_trace(folder / "t.champsim", Format::champsim);
  writer->append({.records = records, .events = {}, .physical = {}});
  writer->finish();
  return read_file(folder / "t.champsim");
}

TEST(ChampSim, MoreOperandsThanItHoldsMakeMoreInstructionsOfTheSameAddress) {
  std::vector<Record> records = {record(Kind::fetch, 0x1000, 4)};
  for (Address i = 1; i <= 6; ++i) records.push_back(record(Kind::load, 0x2000 + 8 * i, 8));
  for (Address i = 1; i <= 3; ++i) records.push_back(record(Kind::store, 0x3000 + 8 * i, 8));
  EXPECT_EQ(written(records),
            bytes_of({{.ip = 0x1000, .source_memory = {0x2008, 0x2010, 0x2018, 0x2020}},
                      {.ip = 0x1000,
                       .destination_memory = {0x3008, 0x3010},
                       .source_memory = {0x2028, 0x2030}},
                      {.ip = 0x1000, .destination_memory = {0x3018}}}));
}

TEST(ChampSim, WhatItCannotHoldIsRefusedByRecord) {
  EXPECT_THAT(error_of([] { written({record(Kind::load, 8, 8)}); }),
              HasSubstr("a trace without instruction fetches"));
  EXPECT_THAT(error_of([] {
                written({record(Kind::fetch, 8, 4), record(Kind::store, 0, 8)});
              }),
              HasSubstr("record 1 is data at address 0"));
  Record other = record(Kind::fetch, 12, 4);
  other.requester = 3;
  EXPECT_THAT(error_of([&] {
                written({record(Kind::fetch, 8, 4), other});
              }),
              AllOf(HasSubstr("record 1 is of requester 3"), HasSubstr("requester 0")));
}

TEST(ChampSim, TheRestOfAnInstructionThatBeganBeforeIsLeftOut) {
  EXPECT_EQ(written({record(Kind::store, 0x2000, 8), record(Kind::fetch, 0x1000, 4),
                     record(Kind::load, 0x3000, 8)}),
            bytes_of({{.ip = 0x1000, .source_memory = {0x3000}}}));
}

TEST(ChampSim, ATruncatedInstructionIsNamed) {
  const std::string bytes = bytes_of(sample());
  EXPECT_THAT(error_of([&] { read_all(*open_bytes(bytes.substr(0, 150))); }),
              AllOf(HasSubstr("memory: truncated: instruction 2 at byte 128"),
                    HasSubstr("22 of 64 bytes")));
}

TEST(ChampSim, ADamagedInstructionIsNamed) {
  std::vector<ChampsimInstruction> instructions(2000, ChampsimInstruction{.ip = 0x1000});
  instructions[1500].is_branch = 7;
  EXPECT_THAT(error_of([&] { read_all(*open_bytes(bytes_of(instructions))); }),
              HasSubstr("memory: corrupt: instruction 1500 at byte 96000: is_branch 7"));
}

TEST(ChampSim, TruncatedCompressionIsAnErrorWhereverItIsCut) {
  Random random(4);
  const std::string bytes = bytes_of(random_instructions(random, 40));
  for (const std::string& file : {xz(bytes), gzip(bytes)}) {
    for (std::size_t length = 0; length < file.size(); ++length) {
      SCOPED_TRACE(length);
      EXPECT_THAT(error_of([&] { read_all(*open_bytes(file.substr(0, length))); }),
                  HasSubstr("memory: "));
    }
  }
}

TEST(Lackey, LinesBecomeRecords) {
  const auto reader = open_bytes(
      "==123== Lackey, an example Valgrind tool\n"
      "==123== \n"
      "I  04001e9b,3\n"
      " L 1ffeffe7e,8\n"
      " S 1ffeffe80,4\n"
      "\n"
      "I  04001e9e,1\n"
      " M ffff800000000000,2\r\n"
      " S 1000,72");
  EXPECT_EQ(reader->description().format, "valgrind lackey");
  EXPECT_THAT(read_all(*reader).records,
              ElementsAre(record(Kind::fetch, 0x04001e9b, 3), record(Kind::load, 0x1ffeffe7e, 8),
                          record(Kind::store, 0x1ffeffe80, 4), record(Kind::fetch, 0x04001e9e, 1),
                          record(Kind::load, 0xffff800000000000, 2),
                          record(Kind::store, 0xffff800000000000, 2),
                          record(Kind::store, 0x1000, 64), record(Kind::store, 0x1040, 8)));
}

TEST(Lackey, LinesAcrossTheReadersBufferAreWhole) {
  std::string text;
  std::vector<Record> expected;
  for (unsigned i = 0; i < 20000; ++i) {
    text += "I  " + std::string(i % 3, '0') + "1000,4\n";
    expected.push_back(record(Kind::fetch, 0x1000, 4));
  }
  EXPECT_EQ(read_all(*open_bytes(text)).records, expected);
  EXPECT_EQ(read_all(*open_bytes(gzip(text))).records, expected);
}

TEST(Lackey, ABadLineIsNamedWithLineAndByte) {
  for (const char* bad : {"X  1000,4", "I  1000", "I  1000,0", "I  1000,4 ", "I  xyz,4", "I  ,4",
                          " L 1000,65537", "I  10000000000000000,4", "I 1000,4"}) {
    EXPECT_THAT(error_of([&] { read_all(*open_bytes("I  1000,4\n" + std::string(bad) + "\n")); }),
                AllOf(HasSubstr("memory:2: at byte 10: "), HasSubstr(bad)))
        << bad;
  }
}

TEST(ForeignFormats, SeekGoesForwardOnly) {
  const auto reader = open_bytes("I  1000,4\nI  1004,4\nI  1008,4\nI  100c,4\n");
  reader->seek(2);
  EXPECT_THAT(read_all(*reader).records,
              ElementsAre(record(Kind::fetch, 0x1008, 4), record(Kind::fetch, 0x100c, 4)));
  EXPECT_THAT(error_of([&] { reader->seek(1); }), HasSubstr("cannot go back from record 4 to 1"));
  const auto past = open_bytes("I  1000,4\n");
  past->seek(7);
  EXPECT_TRUE(past->next().empty());
}

TEST(OpenTrace, AMissingFileIsNamed) {
  EXPECT_EQ(error_of([] { return open_trace("/nowhere/t.ktrace"); }),
            "/nowhere/t.ktrace: cannot read: No such file or directory");
}

TEST(OpenTrace, AFolderAnEmptyFileAndAForeignFileAreSaidPlainly) {
  EXPECT_THAT(error_of([] { return open_trace("/"); }), HasSubstr("a directory, no trace"));
  EXPECT_EQ(error_of([] { open_bytes(""); }), "memory: an empty file, no trace");
  EXPECT_THAT(error_of([] { open_bytes(gzip("")); }), HasSubstr("gzip data of nothing, no trace"));
  EXPECT_THAT(error_of([] { open_bytes(std::string(200, '\xFE')); }),
              AllOf(HasSubstr("not a Kilburn trace"), HasSubstr("line 1 is no lackey line"),
                    HasSubstr("at byte 0: is_branch 254")));
}

TEST(RequireCanonical, NamesTheFirstRecordThatIsNot) {
  const std::vector<Record> records = {record(Kind::load, 0x3FFFFFFFFF, 8),
                                       record(Kind::load, 0xFFFFFFC000000000, 8),
                                       record(Kind::load, 0x4000000000, 8)};
  const Batch batch{.records = records, .events = {}, .physical = {}};
  EXPECT_NO_THROW(require_canonical(batch, PagingMode::sv48, "f", 0));
  EXPECT_THAT(error_of([&] { require_canonical(batch, PagingMode::sv39, "f", 100); }),
              AllOf(HasSubstr("f: record 102: address 0x0000004000000000"), HasSubstr("39-bit")));
}

}  // namespace
}  // namespace kilburn::trace::test
