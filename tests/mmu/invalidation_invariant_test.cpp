// The invalidation invariant (spec 10): an event that narrows a translation takes effect only after
// every holder has acknowledged it, and from then on nobody uses what it invalidated.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/invalidation.h"
#include "mmu/invalidation_world.h"

namespace kilburn::mmu {
namespace {

struct Case {
  std::string name;
  burst_tlb::TlbConfig first;
  burst_tlb::TlbConfig second;
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class InvalidationInvariant : public testing::TestWithParam<Case> {};

TEST_P(InvalidationInvariant, NoInvalidatedTranslationIsEverUsed) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(GetParam().first, GetParam().second, seed);
    for (unsigned i = 0; i < 8000 && !HasFatalFailure(); ++i) {
      world.access_at_random();
      world.access_untranslated();
      if (i % 16 == 0) world.event();
    }
    ASSERT_FALSE(HasFatalFailure());
    EXPECT_GT(world.used(), 1000U);
    EXPECT_GT(world.used_untranslated(), 1000U);
    EXPECT_GT(world.verdicts_used(), 100U);
    EXPECT_GT(world.interruptions(), 100U) << "events must come in the middle of walks, too";
    EXPECT_GT(world.tables_moved(), 100U) << "tables above the leaves must change, too";
    EXPECT_GT(world.used_in_commands(), 100U);
    EXPECT_GT(world.rmu().transient, 100U) << "accesses must meet entries that a command changes";
    EXPECT_GT(world.rmu().fuses, 100U);
    EXPECT_GT(world.rmu().shatters, 100U);
    EXPECT_GT(world.rmu().count(rmu::CommandCode::share, rmu::Status::ok), 100U);
  }
}

using burst_tlb::ContextIn;
using burst_tlb::FillPolicy;
using burst_tlb::Organisation;

INSTANTIATE_TEST_SUITE_P(
    Organisations, InvalidationInvariant,
    testing::Values(Case{"burst", {.entries = 8}, {.entries = 16, .ways = 4}},
                    Case{"burst_context_in_tdu",
                         {.entries = 8, .context_in = ContextIn::tdu},
                         {.entries = 16, .ways = 4, .context_in = ContextIn::tdu}},
                    Case{"burst_of_sixteen_single_fill",
                         {.entries = 4, .units_per_tag = 16, .fill = FillPolicy::single},
                         {.entries = 16, .ways = 2, .units_per_tag = 16}},
                    Case{"conventional",
                         {.organisation = Organisation::conventional, .entries = 16},
                         {.organisation = Organisation::conventional, .entries = 64, .ways = 4}},
                    Case{"contiguous",
                         {.organisation = Organisation::contiguous, .entries = 16},
                         {.organisation = Organisation::contiguous, .entries = 64, .ways = 4}},
                    Case{"clustered",
                         {.organisation = Organisation::clustered, .entries = 16},
                         {.organisation = Organisation::clustered, .entries = 64, .ways = 4}},
                    Case{"colt_fa",
                         {.organisation = Organisation::colt_fa, .entries = 16},
                         {.organisation = Organisation::colt_fa, .entries = 64}}),
    [](const auto& param) { return param.param.name; });

/// Keeps what it is told and does not answer.
class SilentHolder final : public InvalidationHolder {
 public:
  [[nodiscard]] std::string holder_name() const override { return "silent device"; }
  void invalidate(const Invalidation&, InvalidationTicket, InvalidationBus&) override {}
};

TEST(Invalidation, AHolderThatDoesNotAnswerIsNamedAndNothingProceeds) {
  InvalidationBus bus;
  SilentHolder silent;
  bus.add(silent);
  ImmediateInvalidator invalidator(bus);
  const InvalidateResult result = invalidator.invalidate({}, 0);
  EXPECT_FALSE(result.ok);
  EXPECT_EQ(result.missing, std::vector<std::string>{"silent device"});
}

}  // namespace
}  // namespace kilburn::mmu
