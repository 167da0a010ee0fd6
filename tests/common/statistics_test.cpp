#include "common/statistics.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace kilburn {
namespace {

using Counts = std::vector<std::uint64_t>;

TEST(Histogram, StartsEmpty) {
  const Histogram histogram = Histogram::linear(3);
  EXPECT_EQ(histogram.buckets(), Counts(4, 0));
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_EQ(histogram.sum(), 0);
  EXPECT_EQ(histogram.max(), 0);
  EXPECT_EQ(histogram.mean(), 0.0);
}

TEST(Histogram, LinearHasABucketAValueAndTheLastTakesAllAbove) {
  Histogram histogram = Histogram::linear(3);
  for (const std::uint64_t sample : {0U, 1U, 1U, 2U, 3U, 4U, 100U}) histogram.add(sample);
  EXPECT_EQ(histogram.buckets(), (Counts{1, 2, 1, 3}));
  EXPECT_EQ(histogram.count(), 7);
  EXPECT_EQ(histogram.sum(), 0 + 1 + 1 + 2 + 3 + 4 + 100);
  EXPECT_EQ(histogram.max(), 100);
  EXPECT_DOUBLE_EQ(histogram.mean(), 111.0 / 7.0);
}

TEST(Histogram, Log2HasABucketForZeroAndOneForEachPowerOfTwo) {
  Histogram histogram = Histogram::log2(5);
  for (std::uint64_t sample = 0; sample <= 20; ++sample) histogram.add(sample);
  // 0 | 1 | 2 3 | 4..7 | 8 and above: 8..20
  EXPECT_EQ(histogram.buckets(), (Counts{1, 1, 2, 4, 13}));
}

TEST(Histogram, ASampleLiesBetweenTheLowerBoundsOfItsBucketAndTheNext) {
  const std::uint64_t seed = 5;
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t sample = random() >> (random() % 64);
    Histogram histogram = Histogram::log2(65);
    histogram.add(sample);
    unsigned bucket = 0;
    while (histogram.buckets()[bucket] == 0) ++bucket;
    EXPECT_GE(sample, histogram.lower_bound(bucket));
    if (bucket < 64) {
      EXPECT_LT(sample, histogram.lower_bound(bucket + 1));
    }
  }
}

TEST(Histogram, LowerBoundsAreTheValuesOrThePowersOfTwo) {
  EXPECT_EQ(Histogram::linear(9).lower_bound(7), 7);
  const Histogram logarithmic = Histogram::log2(65);
  EXPECT_EQ(logarithmic.lower_bound(0), 0);
  EXPECT_EQ(logarithmic.lower_bound(1), 1);
  EXPECT_EQ(logarithmic.lower_bound(3), 4);
  EXPECT_EQ(logarithmic.lower_bound(64), std::uint64_t{1} << 63);
}

TEST(Histogram, AddingTimesIsAddingThatOften) {
  Histogram at_once = Histogram::log2(8);
  at_once.add(5, 1000);
  Histogram one_by_one = Histogram::log2(8);
  for (int i = 0; i < 1000; ++i) one_by_one.add(5);
  EXPECT_EQ(at_once, one_by_one);
  EXPECT_EQ(at_once.sum(), 5000);
}

TEST(Histogram, EqualMeansTheSameSamplesAndTheSameBuckets) {
  Histogram a = Histogram::linear(3);
  Histogram b = Histogram::linear(3);
  EXPECT_EQ(a, b);
  a.add(1);
  EXPECT_NE(a, b);
  b.add(1);
  EXPECT_EQ(a, b);
  EXPECT_NE(Histogram::linear(3), Histogram::log2(4));
}

}  // namespace
}  // namespace kilburn
