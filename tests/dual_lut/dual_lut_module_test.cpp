// The two control circuits on clocks of their own.
#include "dual_lut/dual_lut_module.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <random>

namespace kilburn::dual_lut {
namespace {

struct Ratio {
  const char* name;
  unsigned untranslated;  ///< period, ns
  unsigned translated;
};
void PrintTo(const Ratio& ratio, std::ostream* out) {
  *out << ratio.name;
}
constexpr Ratio ratios[] = {{"OneToOne", 2, 2}, {"OneToTwo", 2, 4}, {"ThreeToTwo", 6, 4}};

DualLutConfig config_of(const Ratio& ratio) {
  return {.ulut_entries = 64,
          .ulut_ways = 4,
          .tlut_entries = 16,
          .ulut_period = ratio.untranslated,
          .tlut_period = ratio.translated};
}

struct Unit {
  explicit Unit(const Ratio& ratio)
      : untranslated((std::string("untranslated_") + ratio.name).c_str(), ratio.untranslated,
                     sc_core::SC_NS),
        translated((std::string("translated_") + ratio.name).c_str(), ratio.translated,
                   sc_core::SC_NS),
        module(ratio.name, config_of(ratio)) {
    module.untranslated_clock(untranslated);
    module.translated_clock(translated);
  }
  sc_core::sc_clock untranslated;
  sc_core::sc_clock translated;
  DualLutModule module;
};

class ClockRatio : public ::testing::TestWithParam<Ratio> {
 protected:
  static void SetUpTestSuite() {
    for (const Ratio& ratio : ratios) units()[ratio.name] = std::make_unique<Unit>(ratio);
  }
  static std::map<std::string, std::unique_ptr<Unit>>& units() {
    static std::map<std::string, std::unique_ptr<Unit>> all;
    return all;
  }
  DualLutModule& module() { return units().at(GetParam().name)->module; }
};

PageNumber frame_of(const Key& key, std::uint64_t epoch) {
  return key.page * 8 + key.queue + 10'000 * epoch;
}

TEST_P(ClockRatio, EveryRequestGetsItsOwnPageAcrossTheClocks) {
  std::mt19937_64 random(5);
  std::map<Waiter, Key> open;
  std::map<PageNumber, std::uint64_t> epoch;
  struct Late {
    Id id;
    Answer answer;
    unsigned left;
  };
  std::vector<Late> answers;
  std::vector<Id> uses;
  Waiter next = 0;
  unsigned done = 0;
  for (unsigned i = 0; i < 20'000; ++i) {
    if (open.size() < 12 && i < 18'000) {
      const Key key{.queue = static_cast<std::uint32_t>(random() % 4), .page = random() % 24};
      open[next] = key;
      module().submit({.key = key, .waiter = next++});
    }
    sc_core::sc_start(sc_core::sc_time(GetParam().untranslated, sc_core::SC_NS));
    for (const DualLutModule::Ask& ask : module().take_asks()) {
      answers.push_back({ask.id,
                         {.page = frame_of(ask.key, epoch[ask.key.page])},
                         static_cast<unsigned>(random() % 10)});
    }
    for (std::size_t a = 0; a < answers.size();) {
      if (answers[a].left-- != 0) {
        ++a;
        continue;
      }
      module().answer(answers[a].id, answers[a].answer);
      answers.erase(answers.begin() + static_cast<std::ptrdiff_t>(a));
    }
    for (const DualLutModule::Response& response : module().take_responses()) {
      ASSERT_EQ(response.result.outcome, Outcome::hit);
      const Key key = open.at(response.waiter);
      open.erase(response.waiter);
      ASSERT_EQ(response.result.page, frame_of(key, epoch[key.page]));
      uses.push_back(response.result.id);
      ++done;
    }
    while (uses.size() > 4) {
      module().tables().end_use(uses.front());
      uses.erase(uses.begin());
    }
    if (random() % 64 == 0 && !uses.empty()) {
      for (const Id id : uses) module().tables().end_use(id);
      uses.clear();
      const PageNumber page = random() % 24;
      ++epoch[page];
      (void)module().tables().invalidate({.first = page});
    }
  }
  for (const Id id : uses) module().tables().end_use(id);
  EXPECT_TRUE(open.empty()) << "nothing is lost";
  EXPECT_EQ(done, next);
  EXPECT_GT(done, 2'000U);
  const Census census = module().tables().census();
  EXPECT_EQ(census.free + census.used, 16U);
}

TEST_P(ClockRatio, AHitTakesWhatTheConfigurationSays) {
  const Key key{.queue = 6, .page = 77};
  const auto period = [](unsigned ns) { return sc_core::sc_time(ns, sc_core::SC_NS); };
  module().submit({.key = key, .waiter = 1'000'000});
  std::vector<DualLutModule::Ask> asks;
  while (asks.empty()) {
    sc_core::sc_start(period(1));
    asks = module().take_asks();
  }
  module().answer(asks[0].id, {.page = 3});
  sc_core::sc_start(period(200));
  for (const auto& response : module().take_responses())
    module().tables().end_use(response.result.id);
  // Both clocks have an edge at multiples of 12 ns: begin just behind one.
  while (sc_core::sc_time_stamp().value() % period(12).value() != 0) sc_core::sc_start(period(1));
  const sc_core::sc_time start = sc_core::sc_time_stamp();
  sc_core::sc_start(period(1));
  module().submit({.key = key, .waiter = 1'000'001});
  sc_core::sc_start(period(100));
  const auto responses = module().take_responses();
  ASSERT_EQ(responses.size(), 1U);
  module().tables().end_use(responses[0].result.id);
  const sc_core::sc_time least = period(static_cast<unsigned>(hit_latency(config_of(GetParam()))));
  const sc_core::sc_time took = responses[0].when - start;
  // The first edge of the other clock comes within a period.
  EXPECT_GT(took + period(GetParam().translated), least);
  EXPECT_LE(took, least);
}

INSTANTIATE_TEST_SUITE_P(Ratios, ClockRatio, ::testing::ValuesIn(ratios),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace kilburn::dual_lut
