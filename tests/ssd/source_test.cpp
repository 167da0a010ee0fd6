// Where requests come from: configured flows and block traces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <set>
#include <sstream>

#include "common/error.h"
#include "platform/ssd/synthetic_source.h"
#include "platform/ssd/trace_source.h"

namespace kilburn::ssd {
namespace {

using platform::AccessPattern;
using platform::FlowConfig;
using Kind = Request::Kind;

std::vector<Request> all_of(RequestSource& source) {
  std::vector<Request> all;
  while (const auto request = source.next()) all.push_back(*request);
  return all;
}

TEST(Zipf, TheSumIsThatOfItsTerms) {
  for (const double theta : {0.01, 0.5, 0.99, 0.9999}) {
    double sum = 0;
    for (std::uint64_t k = 1; k <= 300'000; ++k) sum += std::pow(static_cast<double>(k), -theta);
    EXPECT_NEAR(Zipf::zeta(300'000, theta) / sum, 1.0, 1e-9) << theta;
  }
}

TEST(Zipf, RanksAreDrawnInProportionToTheirPopularity) {
  constexpr std::uint64_t count = 1000;
  constexpr unsigned draws = 400'000;
  const Zipf zipf(count, 0.9);
  std::map<std::uint64_t, unsigned> drawn;
  std::uint64_t random = 3;
  for (unsigned i = 0; i < draws; ++i) ++drawn[zipf.draw(random)];
  EXPECT_LT(drawn.rbegin()->first, count);
  const double zeta = Zipf::zeta(count, 0.9);
  // The method is exact for the first two ranks, and an approximation of a few percent beyond.
  const auto share_below = [&](std::uint64_t rank) {
    unsigned sum = 0;
    for (const auto& [k, times] : drawn) sum += k < rank ? times : 0;
    return sum / static_cast<double>(draws);
  };
  for (const std::uint64_t rank : {1U, 2U, 10U, 100U, 500U}) {
    EXPECT_NEAR(share_below(rank), Zipf::zeta(rank, 0.9) / zeta, 0.02) << rank;
  }
}

TEST(SyntheticSource, RequestsAreBlocksOfItsPartOfTheNamespace) {
  FlowConfig config{.block_bytes = 8192, .requests = 2000, .first = 0.5, .share = 0.25};
  SyntheticSource source(config, 16 * 100, "ssd.flow.0");
  std::set<std::uint64_t> places;
  for (const Request& request : all_of(source)) {
    EXPECT_EQ(request.sectors, 16U);
    EXPECT_EQ(request.first % 16, 0U);
    places.insert(request.first / 16);
  }
  EXPECT_EQ(places.size(), 25U);
  EXPECT_EQ(*places.begin(), 50U);
  EXPECT_EQ(*places.rbegin(), 74U);
}

TEST(SyntheticSource, AShareOfThemReads) {
  for (const double share : {0.0, 0.3, 1.0}) {
    SyntheticSource source({.read = share, .requests = 10'000}, 8'000, "ssd.flow.0");
    double reads = 0;
    for (const Request& request : all_of(source)) reads += request.kind == Kind::read ? 1 : 0;
    EXPECT_NEAR(reads / 10'000, share, 0.02);
  }
}

TEST(SyntheticSource, SequentialOnesFollowEachOtherAndBeginAgain) {
  SyntheticSource source({.pattern = AccessPattern::sequential, .requests = 5}, 3 * 8, "f");
  std::vector<std::uint64_t> places;
  for (const Request& request : all_of(source)) places.push_back(request.first);
  EXPECT_THAT(places, ::testing::ElementsAre(0, 8, 16, 0, 8));
}

TEST(SyntheticSource, AFlushFollowsEachSoManyWrites) {
  SyntheticSource source({.read = 0, .requests = 5, .flush_every = 2}, 800, "f");
  std::vector<Kind> kinds;
  for (const Request& request : all_of(source)) kinds.push_back(request.kind);
  EXPECT_THAT(kinds, ::testing::ElementsAre(Kind::write, Kind::write, Kind::flush, Kind::write,
                                            Kind::write, Kind::flush, Kind::write));
}

TEST(SyntheticSource, TheSeedDecides) {
  const auto places = [](std::uint64_t seed) {
    SyntheticSource source({.requests = 20, .seed = seed}, 1 << 20, "f");
    std::vector<std::uint64_t> all;
    for (const Request& request : all_of(source)) all.push_back(request.first);
    return all;
  };
  EXPECT_EQ(places(1), places(1));
  EXPECT_NE(places(1), places(2));
}

TEST(SyntheticSource, AfterAResizeRequestsStayWithinTheNewSize) {
  SyntheticSource source({.requests = 1000}, 8 * 1000, "f");
  source.resize(0, 8 * 10);
  for (const Request& request : all_of(source)) EXPECT_LT(request.first, 8U * 10);
}

TEST(SyntheticSource, APartWithoutABlockIsRefusedByName) {
  try {
    const SyntheticSource source({.name_space = 3, .block_bytes = 8192, .share = 0.0}, 800,
                                 "ssd.flow.2");
    FAIL();
  } catch (const InputError& error) {
    EXPECT_THAT(error.what(), ::testing::HasSubstr("ssd.flow.2: its part of namespace 3 holds no"));
  }
}

std::unique_ptr<block_trace::Reader> trace(const std::string& text) {
  return block_trace::open(std::make_unique<std::istringstream>(text), "t");
}

TEST(TraceSource, VolumesAreNamespacesAndPlacesBeyondTheEndComeFromTheStartAgain) {
  // Ticks of 100 ns; volumes 0, 1, 2 on two namespaces of 100 and 50 sectors.
  TraceSource source(trace("128166372003061629,a,0,Read,1024,512,1\n"
                           "128166372003061639,a,1,Write,52224,1024,1\n"
                           "128166372003061639,a,2,Write,51000,513,1\n"),
                     {100, 50}, 5000, UINT64_MAX);
  const auto all = all_of(source);
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].target, 0U);
  EXPECT_EQ(all[0].first, 2U);
  EXPECT_EQ(all[0].sectors, 1U);
  EXPECT_EQ(all[0].due, 5000U);
  EXPECT_EQ(all[1].target, 1U);
  EXPECT_EQ(all[1].first, 102U % 50);
  EXPECT_EQ(all[1].due, 6000U);
  EXPECT_EQ(all[2].target, 0U);
  EXPECT_EQ(all[2].first, 98U) << "99 and 100 were moved so that both are within";
  EXPECT_EQ(all[2].sectors, 2U) << "whole sectors";
}

TEST(TraceSource, TimesBeyondTheSimulationsClockAreRefusedByLine) {
  TraceSource source(trace("1,a,0,Read,0,512,1\n18446744073709551,a,0,Read,0,512,1\n"), {100}, 0,
                     UINT64_MAX);
  EXPECT_TRUE(source.next());
  EXPECT_THROW((void)source.next(), InputError);
}

TEST(TraceSource, ItEndsAtTheLimit) {
  TraceSource source(trace("1,a,0,Read,0,512,1\n2,a,0,Read,0,512,1\n3,a,0,Read,0,512,1\n"), {100},
                     0, 2);
  EXPECT_EQ(all_of(source).size(), 2U);
}

}  // namespace
}  // namespace kilburn::ssd
