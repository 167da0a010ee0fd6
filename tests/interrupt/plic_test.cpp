// The PLIC against its specification, 1.0.0: a test for each rule of its chapters.
#include "interrupt/plic.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "common/random.h"
#include "recorded_lines.h"

namespace kilburn::interrupt::testing {
namespace {

constexpr unsigned meip = hart_line::machine_external;
constexpr unsigned seip = hart_line::supervisor_external;
constexpr unsigned machine = 0;  // contexts of hart 0
constexpr unsigned supervisor = 1;
constexpr unsigned uart = BOARD_IRQ_UART;
constexpr unsigned last = BOARD_PLIC_SOURCES;

constexpr unsigned priority(unsigned source) {
  return PLIC_PRIORITY + 4 * source;
}
constexpr unsigned pending(unsigned source) {
  return PLIC_PENDING + 4 * (source / 32);
}
constexpr unsigned enable(unsigned context, unsigned source) {
  return PLIC_ENABLE + PLIC_ENABLE_STRIDE * context + 4 * (source / 32);
}
constexpr unsigned threshold(unsigned context) {
  return PLIC_CONTEXT + PLIC_CONTEXT_STRIDE * context + PLIC_THRESHOLD;
}
constexpr unsigned claim(unsigned context) {
  return PLIC_CONTEXT + PLIC_CONTEXT_STRIDE * context + PLIC_CLAIM;
}

struct World {
  std::array<RecordedLines, 2> harts;
  std::array<InterruptSink*, 2> sinks{&harts[0], &harts[1]};
  Plic plic{sinks};

  void set_up(unsigned context, unsigned source, std::uint32_t level_of_priority) {
    plic.write(priority(source), level_of_priority);
    plic.write(enable(context, source), plic.read(enable(context, source)) | 1u << source % 32);
  }
  bool is_pending(unsigned source) { return (plic.read(pending(source)) >> source % 32 & 1) != 0; }
};

TEST(Plic, PrioritiesHoldThreeBitsForSources1To95) {
  World world;
  for (unsigned source = 1; source <= last; ++source) {
    world.plic.write(priority(source), 0xFFFF'FFF8u | source % 8);
    EXPECT_EQ(world.plic.read(priority(source)), source % 8);
  }
}

TEST(Plic, Source0DoesNotExist) {
  World world;
  world.plic.write(priority(0), 7);
  world.plic.write(enable(machine, 0), 0xFFFF'FFFF);
  EXPECT_EQ(world.plic.read(priority(0)), 0u);
  EXPECT_EQ(world.plic.read(enable(machine, 0)), 0xFFFF'FFFEu);
  EXPECT_EQ(world.plic.read(pending(0)) & 1, 0u);
}

TEST(Plic, RegistersBeyondSourcesAndContextsReadZeroAndIgnoreWrites) {
  World world;
  for (const unsigned offset :
       {priority(96), priority(1023), unsigned{PLIC_PENDING} + 12, enable(machine, 96),
        enable(4, 1), threshold(4), claim(4), threshold(0) + 8}) {
    world.plic.write(offset, 0xFFFF'FFFF);
    EXPECT_EQ(world.plic.read(offset), 0u) << std::hex << offset;
  }
  EXPECT_EQ(world.plic.statistics(), PlicStatistics{});
}

TEST(Plic, EachContextHasEnablesOfItsOwn) {
  World world;
  for (unsigned context = 0; context < 4; ++context) {
    world.plic.write(enable(context, 64), 0x100 << context);
  }
  for (unsigned context = 0; context < 4; ++context) {
    EXPECT_EQ(world.plic.read(enable(context, 64)), 0x100u << context);
    EXPECT_EQ(world.plic.read(enable(context, 32)), 0u);
  }
}

TEST(Plic, ThresholdsHoldThreeBits) {
  World world;
  world.plic.write(threshold(3), 0xFFFF'FFF5);
  EXPECT_EQ(world.plic.read(threshold(3)), 5u);
  EXPECT_EQ(world.plic.read(threshold(2)), 0u);
}

TEST(Plic, ContextsDriveMachineAndSupervisorLinesOfTheirHart) {
  for (unsigned context = 0; context < 4; ++context) {
    World world;
    world.set_up(context, uart, 1);
    world.plic.set(uart, true);
    EXPECT_EQ(world.harts[0][meip], context == 0);
    EXPECT_EQ(world.harts[0][seip], context == 1);
    EXPECT_EQ(world.harts[1][meip], context == 2);
    EXPECT_EQ(world.harts[1][seip], context == 3);
  }
}

TEST(Plic, ASourceThatIsNotEnabledIsPendingButDoesNotInterrupt) {
  World world;
  world.plic.write(priority(last), 7);
  world.plic.set(last, true);
  EXPECT_TRUE(world.is_pending(last));
  EXPECT_EQ(world.harts[0].changes, 0u);
  EXPECT_EQ(world.plic.read(claim(machine)), 0u);
  world.set_up(machine, last, 7);
  EXPECT_TRUE(world.harts[0][meip]);
}

TEST(Plic, Priority0NeverInterruptsAndIsNotClaimed) {
  World world;
  world.set_up(machine, uart, 0);
  world.plic.set(uart, true);
  EXPECT_FALSE(world.harts[0][meip]);
  EXPECT_EQ(world.plic.read(claim(machine)), 0u);
  EXPECT_TRUE(world.is_pending(uart));
  world.plic.write(priority(uart), 1);
  EXPECT_TRUE(world.harts[0][meip]);
}

TEST(Plic, PendingBitsAreReadOnly) {
  World world;
  world.plic.set(33, true);
  world.plic.write(pending(33), 0);
  world.plic.write(pending(0), 0xFFFF'FFFF);
  EXPECT_EQ(world.plic.read(pending(33)), 2u);
  EXPECT_EQ(world.plic.read(pending(0)), 0u);
}

TEST(Plic, PrioritiesUpToTheThresholdDoNotInterrupt) {
  World world;
  world.set_up(machine, uart, 4);
  world.plic.set(uart, true);
  world.plic.write(threshold(machine), 4);
  EXPECT_FALSE(world.harts[0][meip]);
  world.plic.write(threshold(machine), 3);
  EXPECT_TRUE(world.harts[0][meip]);
}

TEST(Plic, TheThresholdDoesNotAffectClaims) {
  World world;
  world.set_up(machine, uart, 4);
  world.plic.write(threshold(machine), 7);
  world.plic.set(uart, true);
  EXPECT_FALSE(world.harts[0][meip]);
  EXPECT_EQ(world.plic.read(claim(machine)), uart);
}

TEST(Plic, AClaimReturnsTheHighestPriorityAndOfEqualOnesTheLowestNumber) {
  World world;
  world.set_up(machine, 40, 2);
  world.set_up(machine, 41, 5);
  world.set_up(machine, 95, 5);
  world.set_up(machine, 7, 2);
  for (const unsigned source : {95u, 41u, 40u, 7u}) world.plic.set(source, true);
  for (const unsigned expected : {41u, 95u, 7u, 40u, 0u}) {
    EXPECT_EQ(world.plic.read(claim(machine)), expected);
  }
}

TEST(Plic, AClaimClearsThePendingBitAndLowersTheLine) {
  World world;
  world.set_up(machine, uart, 1);
  world.plic.set(uart, true);
  EXPECT_EQ(world.plic.read(claim(machine)), uart);
  EXPECT_FALSE(world.is_pending(uart));
  EXPECT_FALSE(world.harts[0][meip]);
  EXPECT_EQ(world.plic.read(claim(machine)), 0u);
}

TEST(Plic, OfSeveralContextsTheFirstToClaimServes) {
  World world;
  world.set_up(supervisor, uart, 1);
  world.set_up(3, uart, 1);
  world.plic.set(uart, true);
  EXPECT_TRUE(world.harts[0][seip]);
  EXPECT_TRUE(world.harts[1][seip]);
  EXPECT_EQ(world.plic.read(claim(3)), uart);
  EXPECT_FALSE(world.harts[0][seip]);
  EXPECT_EQ(world.plic.read(claim(supervisor)), 0u);
}

TEST(Plic, AGatewayForwardsNoFurtherRequestUntilCompletion) {
  World world;
  world.set_up(machine, uart, 1);
  world.plic.set(uart, true);
  EXPECT_EQ(world.plic.read(claim(machine)), uart);
  world.plic.set(uart, false);
  world.plic.set(uart, true);
  EXPECT_FALSE(world.is_pending(uart));
  world.plic.write(claim(machine), uart);
  EXPECT_TRUE(world.is_pending(uart));
  EXPECT_TRUE(world.harts[0][meip]);
}

TEST(Plic, ALineThatIsStillHighAtCompletionRequestsAgain) {
  World world;
  world.set_up(machine, uart, 1);
  world.plic.set(uart, true);
  EXPECT_EQ(world.plic.read(claim(machine)), uart);
  world.plic.write(claim(machine), uart);
  EXPECT_TRUE(world.harts[0][meip]);
  EXPECT_EQ(world.plic.read(claim(machine)), uart);
  world.plic.set(uart, false);
  world.plic.write(claim(machine), uart);
  EXPECT_FALSE(world.harts[0][meip]);
}

TEST(Plic, ARequestStaysPendingWhereItsLineFallsBeforeTheClaim) {
  World world;
  world.set_up(machine, uart, 1);
  world.plic.set(uart, true);
  world.plic.set(uart, false);
  EXPECT_TRUE(world.is_pending(uart));
  EXPECT_EQ(world.plic.read(claim(machine)), uart);
  world.plic.write(claim(machine), uart);
  EXPECT_FALSE(world.is_pending(uart));
}

TEST(Plic, ACompletionOfASourceThatIsNotEnabledForTheContextIsIgnored) {
  World world;
  world.set_up(machine, uart, 1);
  world.plic.set(uart, true);
  EXPECT_EQ(world.plic.read(claim(machine)), uart);
  world.plic.write(claim(supervisor), uart);
  EXPECT_FALSE(world.is_pending(uart));
  world.plic.write(enable(machine, uart), 0);
  world.plic.write(claim(machine), uart);
  EXPECT_FALSE(world.is_pending(uart));
  EXPECT_EQ(world.plic.statistics().ignored_completions, 2u);
}

TEST(Plic, ACompletionNeedNotNameTheLastClaim) {
  World world;
  world.set_up(machine, 5, 2);
  world.set_up(machine, 6, 1);
  world.plic.set(5, true);
  world.plic.set(6, true);
  EXPECT_EQ(world.plic.read(claim(machine)), 5u);
  EXPECT_EQ(world.plic.read(claim(machine)), 6u);
  world.plic.write(claim(machine), 5);
  EXPECT_TRUE(world.is_pending(5));
  EXPECT_FALSE(world.is_pending(6));
}

TEST(Plic, ACompletionOfNoSourceChangesNothing) {
  World world;
  world.set_up(machine, uart, 1);
  world.plic.set(uart, true);
  for (const std::uint32_t id : {0u, 11u, 96u, 0xFFFF'FFFFu}) {
    world.plic.write(claim(machine), id);
  }
  EXPECT_TRUE(world.is_pending(uart));
  EXPECT_EQ(world.plic.statistics().ignored_completions, 4u);
  EXPECT_EQ(world.plic.statistics().completions, 0u);
}

TEST(Plic, ANestedInterruptOfHigherPriorityGetsThroughTheRaisedThreshold) {
  World world;
  world.set_up(machine, uart, 2);
  world.set_up(machine, 20, 3);
  world.set_up(machine, 21, 2);
  world.plic.set(uart, true);
  EXPECT_EQ(world.plic.read(claim(machine)), uart);
  world.plic.write(threshold(machine), 2);
  world.plic.set(21, true);
  EXPECT_FALSE(world.harts[0][meip]);
  world.plic.set(20, true);
  EXPECT_TRUE(world.harts[0][meip]);
}

TEST(Plic, ResetClearsRegistersAndALineThatIsHighRequestsAgain) {
  World world;
  world.set_up(machine, uart, 3);
  world.plic.write(threshold(machine), 1);
  world.plic.set(uart, true);
  EXPECT_EQ(world.plic.read(claim(machine)), uart);
  world.plic.set(20, true);
  world.plic.set(20, false);
  world.plic.reset();
  EXPECT_EQ(world.plic.read(priority(uart)), 0u);
  EXPECT_EQ(world.plic.read(enable(machine, uart)), 0u);
  EXPECT_EQ(world.plic.read(threshold(machine)), 0u);
  EXPECT_TRUE(world.is_pending(uart));
  EXPECT_FALSE(world.is_pending(20));
  EXPECT_FALSE(world.harts[0][meip]);
}

TEST(Plic, CountsRequestsClaimsAndCompletions) {
  World world;
  world.set_up(machine, uart, 1);
  world.plic.set(uart, true);
  (void)world.plic.read(claim(machine));
  (void)world.plic.read(claim(machine));
  world.plic.write(claim(machine), uart);
  const PlicStatistics expected{.requests = 2, .claims = 1, .empty_claims = 1, .completions = 1};
  EXPECT_EQ(world.plic.statistics(), expected);
}

/// The specification word by word: a record for each source, searched from the start each time.
struct PlainPlic {
  struct Source {
    bool level = false, pending = false, busy = false;
    unsigned priority = 0;
    std::array<bool, 4> enabled{};
  };
  std::vector<Source> sources = std::vector<Source>(last + 1);
  std::array<unsigned, 4> thresholds{};

  void gateway(Source& source) {
    if (source.level && !source.pending && !source.busy) source.pending = true;
  }
  unsigned claim(unsigned context) {
    unsigned best = 0;
    for (unsigned id = last; id >= 1; --id) {
      const Source& source = sources[id];
      if (!source.pending || !source.enabled[context] || source.priority == 0) continue;
      if (best == 0 || source.priority >= sources[best].priority) best = id;
    }
    if (best != 0) {
      sources[best].pending = false;
      sources[best].busy = true;
    }
    return best;
  }
  void complete(unsigned context, unsigned id) {
    if (id == 0 || id > last || !sources[id].enabled[context]) return;
    sources[id].busy = false;
    gateway(sources[id]);
  }
  [[nodiscard]] bool line(unsigned context) const {
    for (const Source& source : sources) {
      if (source.pending && source.enabled[context] && source.priority > thresholds[context]) {
        return true;
      }
    }
    return false;
  }
};

TEST(Plic, AgreesWithAPlainReadingOfTheSpecificationOnRandomUse) {
  constexpr std::uint64_t seed = 2024;
  SCOPED_TRACE(seed);
  std::uint64_t state = seed;
  const auto random = [&](unsigned below) {
    return static_cast<unsigned>(next_random(state) >> 33) % below;
  };
  World world;
  PlainPlic plain;
  unsigned claimed = 0;
  for (int step = 0; step < 30'000; ++step) {
    const unsigned source = 1 + random(last);
    const unsigned context = random(4);
    switch (random(6)) {
      case 0: {
        const bool level = random(2) != 0;
        plain.sources[source].level = level;
        plain.gateway(plain.sources[source]);
        world.plic.set(source, level);
        break;
      }
      case 1:
        plain.sources[source].priority = random(8);
        world.plic.write(priority(source), plain.sources[source].priority);
        break;
      case 2: {
        plain.sources[source].enabled[context] = random(4) != 0;
        std::uint32_t word = 0;
        for (unsigned id = source / 32 * 32; id < source / 32 * 32 + 32; ++id) {
          word |= static_cast<std::uint32_t>(plain.sources[id].enabled[context]) << id % 32;
        }
        world.plic.write(enable(context, source), word);
        break;
      }
      case 3:
        plain.thresholds[context] = random(8);
        world.plic.write(threshold(context), plain.thresholds[context]);
        break;
      case 4: {
        const unsigned expected = plain.claim(context);
        ASSERT_EQ(world.plic.read(claim(context)), expected);
        claimed += expected != 0;
        break;
      }
      default:
        plain.complete(context, source);
        world.plic.write(claim(context), source);
        break;
    }
    for (unsigned c = 0; c < 4; ++c) {
      ASSERT_EQ(world.harts[c / 2][c % 2 == 0 ? meip : seip], plain.line(c)) << step;
    }
    ASSERT_EQ(world.is_pending(source), plain.sources[source].pending) << step;
  }
  EXPECT_GT(claimed, 1000u);
}

}  // namespace
}  // namespace kilburn::interrupt::testing
