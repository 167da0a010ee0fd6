#include "platform/ssd/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "common/random.h"

namespace kilburn::ssd {
namespace {

TEST(LatencyHistogram, PercentilesAreThoseOfTheSortedSamplesWithinASixtyFourth) {
  LatencyHistogram histogram;
  std::vector<std::uint64_t> samples;
  std::uint64_t random = 7;
  for (unsigned i = 0; i < 10'000; ++i) {
    // From a nanosecond to a second, as many in each octave.
    const std::uint64_t sample = next_random(random) >> 34 >> next_random(random) % 30;
    samples.push_back(sample);
    histogram.add(sample);
  }
  std::ranges::sort(samples);
  for (const double share : {0.0001, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
    const auto exact = samples[static_cast<std::size_t>(share * 10'000) - 1];
    const std::uint64_t told = histogram.percentile(share);
    EXPECT_GE(told, exact) << share;
    EXPECT_LE(told, exact + exact / 64) << share;
  }
  EXPECT_EQ(histogram.max(), samples.back());
  EXPECT_EQ(histogram.count(), 10'000U);
}

TEST(LatencyHistogram, SmallLatenciesAreExactAndTheLargestHasABucket) {
  LatencyHistogram histogram;
  for (std::uint64_t ns = 0; ns < 64; ++ns) histogram.add(ns);
  EXPECT_EQ(histogram.percentile(0.5), 31U);
  EXPECT_EQ(histogram.mean(), 31.5);
  histogram.add(UINT64_MAX);
  EXPECT_EQ(histogram.percentile(1.0), UINT64_MAX);
}

TEST(LatencyHistogram, WithoutSamplesEverythingIsZero) {
  const LatencyHistogram histogram;
  EXPECT_EQ(histogram.percentile(0.99), 0U);
  EXPECT_EQ(histogram.mean(), 0.0);
}

}  // namespace
}  // namespace kilburn::ssd
