// Hostile block content, past the checksums that guard it in a file.
#include <gtest/gtest.h>

#include "trace/block_codec.h"
#include "trace_support.h"

namespace kilburn::trace::test {
namespace {

std::vector<std::byte> encode(const Whole& whole) {
  BlockEncoder encoder(max_block_records, !whole.physical.empty());
  EXPECT_EQ(encoder.append(whole.batch(), 0), whole.records.size());
  return encoder.take();
}

/// Records decoded, or nothing where the content was found corrupt.
std::optional<std::size_t> decode(std::vector<std::byte> content) {
  const std::size_t size = content.size();
  content.resize(size + decoder_slack);
  try {
    BlockDecoder decoder;
    decoder.start(std::span(content).first(size));
    std::size_t records = 0;
    for (Batch batch = decoder.next(); !batch.empty(); batch = decoder.next()) {
      records += batch.records.size();
      for (const Record& record : batch.records) {
        EXPECT_TRUE(record.kind != Kind::event || record.event < batch.events.size());
      }
    }
    return records;
  } catch (const CorruptBlock&) {
    return std::nullopt;
  }
}

TEST(BlockCodec, AnyPrefixOfTheContentIsCorrupt) {
  Random random(1);
  const auto content = encode(random_trace(random, 200, true));
  ASSERT_EQ(decode(content), 200u);
  for (std::size_t length = 0; length < content.size(); ++length) {
    EXPECT_EQ(decode({content.begin(), content.begin() + static_cast<std::ptrdiff_t>(length)}),
              std::nullopt);
  }
}

TEST(BlockCodec, RandomDamageNeverYieldsMoreRecordsThanClaimed) {
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(seed);
    Random random(seed);
    auto content = encode(random_trace(random, 1 + random.below(100), seed % 2 == 0));
    for (std::uint64_t i = 0; i <= random.below(4); ++i) {
      content[random.below(content.size())] = static_cast<std::byte>(random.bits());
    }
    const auto records = decode(content);
    EXPECT_LE(records.value_or(0), max_block_records);
  }
}

TEST(BlockCodec, AnEncoderIsAsNewAfterItsBlock) {
  Random random(3);
  const Whole first = random_trace(random, 500, true);
  const Whole second = random_trace(random, 500, true);
  BlockEncoder encoder(max_block_records, true);
  ASSERT_EQ(encoder.append(first.batch(), 0), 500u);
  const auto content_of_first = encoder.take();
  ASSERT_EQ(encoder.append(second.batch(), 0), 500u);
  EXPECT_EQ(encoder.take(), encode(second));
  EXPECT_EQ(content_of_first, encode(first));
}

TEST(BlockCodec, AFullBlockTakesWhatFits) {
  Whole whole;
  whole.records.assign(10, {.address = 64, .kind = Kind::load, .size = 8});
  BlockEncoder encoder(4, false);
  EXPECT_EQ(encoder.append(whole.batch(), 0), 4u);
  EXPECT_EQ(encoder.append(whole.batch(), 4), 0u);
  EXPECT_FALSE(encoder.take().empty());
  EXPECT_EQ(encoder.append(whole.batch(), 4), 4u);
}

}  // namespace
}  // namespace kilburn::trace::test
