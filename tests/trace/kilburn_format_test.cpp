// Our own trace format: what is written is what is read, and damage is found.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "trace_support.h"

namespace kilburn::trace::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Record fetch(Address address, std::uint8_t size) {
  return {.address = address, .kind = Kind::fetch, .size = size};
}
Record load(Address address, std::uint8_t size) {
  return {.address = address, .kind = Kind::load, .size = size};
}

TEST(KilburnFormat, ReadsWhatWasWrittenWhateverItIs) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    const bool physical = seed % 2 == 0;
    const Whole whole = random_trace(random, 1 + random.below(20000), physical);
    const auto block = static_cast<std::uint32_t>(1 + random.below(6000));
    const auto reader = open_bytes(kilburn_bytes(whole, block));
    EXPECT_EQ(reader->description().has_physical, physical);
    EXPECT_TRUE(read_all(*reader) == whole);
  }
}

TEST(KilburnFormat, SmallestAndLargestBlocksHoldTheSame) {
  Random random(99);
  const Whole whole = random_trace(random, 300, true);
  EXPECT_TRUE(read_all(*open_bytes(kilburn_bytes(whole, 1))) == whole);
  EXPECT_TRUE(read_all(*open_bytes(kilburn_bytes(whole, 1u << 20))) == whole);
}

TEST(KilburnFormat, MoreSequencesThanABlockHasNumbersForBeginANewBlock) {
  Whole whole;
  for (unsigned i = 0; i < 70000; ++i) whole.records.push_back(fetch(Address{i} * 64, 4));
  const auto reader = open_bytes(kilburn_bytes(whole));
  EXPECT_TRUE(read_all(*reader) == whole);
}

TEST(KilburnFormat, BatchesOfTheWriterDoNotMatter) {
  Random random(5);
  const Whole whole = random_trace(random, 5000, false);
  const TemporaryFolder folder;
  {
    KilburnWriter writer(folder / "t.ktrace", {.metadata = {}}, 700);
    for (std::size_t at = 0; at < whole.records.size();) {
      const std::size_t size =
          std::min<std::size_t>(1 + random.below(90), whole.records.size() - at);
      Batch batch = whole.batch();
      batch.records = batch.records.subspan(at, size);
      writer.append(batch);
      at += size;
    }
    writer.finish();
  }
  EXPECT_TRUE(read_all(*open_trace(folder / "t.ktrace")) == whole);
}

TEST(KilburnFormat, MetadataAndCountsAreThereBeforeReading) {
  Whole whole;
  whole.records = {fetch(0x1000, 4),
                   load(0x2ffe, 4),
                   fetch(0x1004, 2),
                   {.address = 0x5000, .kind = Kind::store, .size = 8},
                   {.kind = Kind::event, .size = 0}};
  whole.events = {Map{0x5000, 3}};
  const Metadata metadata = {{"command", "sort \"a b\" \\ \n"}, {"seed", "7"}};
  const auto reader = open_bytes(kilburn_bytes(whole, 100, metadata));
  EXPECT_EQ(reader->description().metadata, metadata);
  // Pages: 1 (code), 2 and 3 (the load crosses), 5.
  const Counts expected{
      .records = 5, .fetches = 2, .loads = 1, .stores = 1, .events = 1, .pages = 4};
  EXPECT_EQ(reader->description().counts, expected);
}

TEST(KilburnFormat, MetadataThatIsNotUtf8DoesNotStopTheRecording) {
  const auto reader = open_bytes(kilburn_bytes({}, 100, {{"command", "ls \xFF"}}));
  EXPECT_EQ(reader->description().metadata.at("command"), "ls \xEF\xBF\xBD");  // U+FFFD
}

TEST(KilburnFormat, MetadataThatIsKnownAtTheEndOnlyIsKeptBesideTheFirst) {
  const TemporaryFolder folder;
  const std::vector<Record> records = {{.address = 0x1000, .kind = Kind::fetch, .size = 4}};
  KilburnWriter writer(folder / "t.ktrace", {.metadata = {{"seed", "7"}, {"threads", "?"}}});
  writer.append({.records = records});
  writer.add_metadata("threads", "3");
  writer.add_metadata("command", "ls \xFF");
  writer.finish();
  const auto reader = open_trace(folder / "t.ktrace");
  EXPECT_EQ(reader->description().metadata,
            (Metadata{{"command", "ls \xEF\xBF\xBD"}, {"seed", "7"}, {"threads", "3"}}));
  EXPECT_EQ(read_all(*reader).records, records);
}

TEST(KilburnFormat, AnEmptyTraceIsATraceOfNoRecords) {
  const auto reader = open_bytes(kilburn_bytes({}));
  EXPECT_EQ(reader->description().counts, Counts{});
  EXPECT_TRUE(reader->next().empty());
  reader->seek(5);
  EXPECT_TRUE(reader->next().empty());
}

TEST(KilburnFormat, SeekContinuesWithTheRecordAskedFor) {
  Random random(17);
  const Whole whole = random_trace(random, 30000, true);
  const auto reader = open_bytes(kilburn_bytes(whole, 4000));
  for (int i = 0; i < 60; ++i) {
    const std::size_t wanted = random.below(31000);
    SCOPED_TRACE(wanted);
    reader->seek(wanted);
    const Batch batch = reader->next();
    if (wanted >= whole.records.size()) {
      EXPECT_TRUE(batch.empty());
      continue;
    }
    ASSERT_FALSE(batch.empty());
    ASSERT_EQ(batch.records.size(), batch.physical.size());
    for (std::size_t at = 0; at < batch.records.size(); ++at) {
      Record expected = whole.records[wanted + at];
      Record found = batch.records[at];
      ASSERT_EQ(batch.physical[at], whole.physical[wanted + at]);
      if (found.kind == Kind::event) {
        ASSERT_EQ(batch.events[found.event], whole.events[expected.event]);
      }
      found.event = expected.event = 0;
      ASSERT_EQ(found, expected);
    }
  }
  reader->seek(0);
  EXPECT_TRUE(read_all(*reader) == whole);
}

TEST(KilburnFormat, ALoopCostsLittle) {
  Whole whole;
  for (unsigned i = 0; i < 200000; ++i) {
    whole.records.push_back(fetch(0x1000, 4));
    whole.records.push_back(load(0x100000 + i * 8, 8));
    whole.records.push_back(fetch(0x1004, 2));
  }
  EXPECT_LT(kilburn_bytes(whole).size(), 2000u);  // of 600000 records
}

/// A prefix of `whole`, of records and of physical addresses.
bool is_prefix(const Whole& read, const Whole& whole) {
  return read.records.size() <= whole.records.size() &&
         std::equal(read.records.begin(), read.records.end(), whole.records.begin());
}

TEST(KilburnFormat, TruncatedAnywhereIsAnErrorWithFileAndByteAndWholeBlocksCanBeSalvaged) {
  Random random(23);
  const Whole whole = random_trace(random, 300, false);
  const std::string bytes = kilburn_bytes(whole, 50);
  std::size_t saved = 0;
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    SCOPED_TRACE(length);
    const std::string cut = bytes.substr(0, length);
    const std::string error = error_of([&] { read_all(*open_bytes(cut)); });
    ASSERT_THAT(error, HasSubstr("memory: "));
    if (length >= 64) {
      ASSERT_THAT(error, HasSubstr("byte "));
    }
    const std::string salvage = error_of([&] {
      const auto reader = open_bytes(cut, {.salvage = true});
      const Whole read = read_all(*reader);
      ASSERT_TRUE(is_prefix(read, whole));
      ASSERT_GE(read.records.size(), saved);  // more bytes never save less
      ASSERT_EQ(read.records.size() % 50, 0u);
      ASSERT_THAT(reader->description().notes, testing::SizeIs(1));
      saved = read.records.size();
    });
    // Without the header, whose size grows with the metadata, nothing can be saved.
    if (length > 64) {
      ASSERT_EQ(salvage, "no error");
    }
  }
  EXPECT_EQ(saved, 300u);
}

TEST(KilburnFormat, ATruncatedBlockIsNamedWithItsOffset) {
  Random random(29);
  const std::string bytes = kilburn_bytes(random_trace(random, 5000, false), 1000);
  const std::string error = error_of([&] { open_bytes(bytes.substr(0, bytes.size() / 2)); });
  EXPECT_THAT(error, AllOf(HasSubstr("memory: truncated"), HasSubstr("block 2 at byte "),
                           HasSubstr("2000 records"), HasSubstr("--salvage")));
}

TEST(KilburnFormat, EveryFlippedBitIsFoundOrChangesNothing) {
  Random random(31);
  const Whole whole = random_trace(random, 120, true);
  const std::string bytes = kilburn_bytes(whole, 60, {{"seed", "31"}});
  std::size_t found = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    const std::string error = error_of([&] {
      const auto reader = open_bytes(damaged);
      // A bit that zstd does not use may change nothing.
      ASSERT_TRUE(read_all(*reader) == whole) << "bit " << bit;
    });
    if (error == "no error") continue;
    ++found;
    ASSERT_THAT(error, HasSubstr("memory: "));
  }
  EXPECT_GT(found, bytes.size() * 8 - 64);
}

TEST(KilburnFormat, ADamagedBlockIsNamedWithFileBlockAndOffsetAndThoseBeforeItAreRead) {
  Random random(37);
  const Whole whole = random_trace(random, 3000, false);
  std::string bytes = kilburn_bytes(whole, 1000);
  // The last block lies before the index: three entries of 16 bytes, counts, header, CRC, footer.
  const std::size_t in_last_block = bytes.size() - (16 + 4 + 3 * 16 + 6 * 8 + 8) - 20;
  bytes[in_last_block] = static_cast<char>(bytes[in_last_block] ^ 4);
  const auto reader = open_bytes(bytes);
  Whole read;
  const std::string error = error_of([&] {
    for (Batch batch = reader->next(); !batch.empty(); batch = reader->next()) {
      read.records.insert(read.records.end(), batch.records.begin(), batch.records.end());
    }
  });
  EXPECT_THAT(error, AllOf(HasSubstr("memory: block 2 at byte "), HasSubstr("corrupt: ")));
  EXPECT_EQ(read.records.size(), 2000u);
}

TEST(KilburnFormat, AnotherVersionIsRefusedByName) {
  std::string bytes = kilburn_bytes({});
  bytes[8] = 3;
  EXPECT_THAT(error_of([&] { open_bytes(bytes); }),
              HasSubstr("memory: format version 3 at byte 8: this program reads versions 1 and 2"));
}

TEST(KilburnFormat, AFileAppearsOnlyWhenItIsComplete) {
  const TemporaryFolder folder;
  {
    KilburnWriter writer(folder / "t.ktrace", {.metadata = {}});
    EXPECT_FALSE(std::filesystem::exists(folder / "t.ktrace"));
  }
  EXPECT_EQ(folder.files(), 0u);  // given up: nothing is left
  KilburnWriter writer(folder / "t.ktrace", {.metadata = {}});
  writer.finish();
  EXPECT_TRUE(std::filesystem::exists(folder / "t.ktrace"));
  EXPECT_EQ(folder.files(), 1u);
}

TEST(KilburnFormat, AFileThatCannotBeWrittenIsNamed) {
  EXPECT_THAT(error_of([] { return create_trace("/nowhere/t.ktrace", Format::kilburn); }),
              AllOf(HasSubstr("/nowhere/t.ktrace"), HasSubstr("No such file or directory")));
}

}  // namespace
}  // namespace kilburn::trace::test
