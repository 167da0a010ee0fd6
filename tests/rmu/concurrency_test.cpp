// Checks and clients while a command runs: spec 03, behaviours 5 and 7.
#include <gtest/gtest.h>

#include <memory>

#include "rmu/fixture.h"

namespace kilburn::rmu::testing {
namespace {

constexpr Granule first = 64;
constexpr Granule last = 79;

struct Verdict {
  bool allowed;
  bool writable;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

/// The verdicts of all realms on the granules of a group of sixteen and one on either side, reached
/// from the page that is mapped to each and from the next.
std::vector<Verdict> verdicts(Bench& bench) {
  std::vector<Verdict> all;
  for (Granule granule = first - 1; granule <= last + 1; ++granule) {
    for (std::uint16_t realm = 0; realm < 4; ++realm) {
      for (const PageNumber beside : {PageNumber{0}, PageNumber{1}}) {
        const OwnershipReply reply =
            bench.check_from(granule, base_frame + granule + beside, realm);
        all.push_back({reply.allowed, reply.allowed && reply.writable});
      }
    }
  }
  return all;
}

struct Step {
  const char* name;
  std::function<void(Bench&)> prepare;
  Command command;
};

Command group_command(CommandCode code, unsigned order, std::uint16_t issuer) {
  return {.code = code,
          .target = Bench::address(first),
          .order = order,
          .realm = 2,
          .mapped = base_frame + first,
          .mapped_any = false,
          .sharing = Sharing::shared,
          .issuer = {issuer}};
}

/// The new owner has it mapped one page on: owner and mapping must change at the same moment.
Command give_elsewhere(unsigned order) {
  Command command = group_command(CommandCode::set_owner, order, 1);
  ++command.mapped;
  return command;
}

class MidCommand : public ::testing::TestWithParam<std::tuple<Step, std::uint32_t>> {};

/// Runs the command with a check of everything before and after every access that it makes to
/// memory, and while it waits for acknowledgements.
TEST_P(MidCommand, ChecksSeeTheOldOrTheNewTable) {  // spec 03 behaviour 5
  const Step& step = std::get<0>(GetParam());
  RmuConfig config = small_config();
  config.cache_lines = std::get<1>(GetParam());

  Bench expected(config);
  step.prepare(expected);
  const auto old_table = verdicts(expected);
  ASSERT_EQ(expected.issue(step.command).status, Status::ok);
  const auto new_table = verdicts(expected);

  Bench bench(config);
  step.prepare(bench);
  unsigned looks = 0;
  bool looking = false;
  const auto look = [&] {
    if (looking) return;  // the look's own accesses
    looking = true;
    ++looks;
    const std::uint64_t unowned = bench.denied(Denial::unowned);
    const auto seen = verdicts(bench);
    for (std::size_t i = 0; i < seen.size(); ++i) {
      EXPECT_TRUE(seen[i] == old_table[i] || seen[i] == new_table[i]) << "verdict " << i;
    }
    EXPECT_EQ(bench.denied(Denial::unowned) - unowned, 2 * 3 * 2u)
        << "the two granules outside are the only unowned ones, for realms 1 to 3";
    EXPECT_EQ(bench.issue(step.command).status, Status::busy);
    looking = false;
  };
  bench.memory.before = look;
  bench.memory.after = look;
  class Looking final : public Invalidator {
   public:
    explicit Looking(const std::function<void()>& look) : look_(look) {}
    InvalidateResult invalidate(const Invalidation&, Cycles) override {
      look_();
      return {};
    }

   private:
    const std::function<void()>& look_;
  };
  const std::function<void()> in_invalidation = look;
  Looking invalidator(in_invalidation);
  ASSERT_EQ(bench.rmu.execute(step.command, 0, invalidator).status, Status::ok);
  bench.memory.before = nullptr;
  bench.memory.after = nullptr;
  EXPECT_GT(looks, 2u);
  EXPECT_EQ(verdicts(bench), new_table) << "nothing stale in the ownership cache";
  EXPECT_EQ(bench.memory.words, expected.memory.words);
}

void owned(Bench& bench) {
  bench.give_run(first, 16, 1);
}
void fused(Bench& bench) {
  owned(bench);
  ASSERT_EQ(bench.fuse(first, 4), Status::ok);
}
void shared(Bench& bench) {
  owned(bench);
  ASSERT_EQ(bench.on(CommandCode::share, first, 0, 1, Sharing::shared), Status::ok);
}

INSTANTIATE_TEST_SUITE_P(
    Commands, MidCommand,
    ::testing::Combine(
        ::testing::Values(Step{"Fuse", owned, group_command(CommandCode::fuse, 4, 2)},
                          Step{"FusePair", owned, group_command(CommandCode::fuse, 1, 2)},
                          Step{"Shatter", fused, group_command(CommandCode::shatter, 0, 1)},
                          Step{"GiveOne", owned, group_command(CommandCode::set_owner, 0, 1)},
                          Step{"GiveGroup", fused, group_command(CommandCode::set_owner, 4, 1)},
                          Step{"GiveOneElsewhere", owned, give_elsewhere(0)},
                          Step{"GiveGroupElsewhere", fused, give_elsewhere(4)},
                          Step{"Share", owned, group_command(CommandCode::share, 0, 1)},
                          Step{"ShareGroup", fused, group_command(CommandCode::share, 4, 1)},
                          Step{"Unshare", shared, group_command(CommandCode::unshare, 0, 1)},
                          Step{"Scrub", owned, group_command(CommandCode::scrub, 0, 1)}),
        ::testing::Values(0u, 1u, 64u)),
    [](const auto& param) {
      return std::string{std::get<0>(param.param).name} + "With" +
             std::to_string(std::get<1>(param.param)) + "CacheLines";
    });

TEST(Rmu, AScrubSwitchesAccessOffBeforeItZeroesTheFirstWord) {
  Bench bench;
  bench.give_run(first, 1, 1);
  unsigned looks = 0;
  bool looking = false;
  bench.memory.before = [&] {
    if (looking || bench.rmu.statistics().scrub_writes == 0) return;
    looking = true;
    ++looks;
    EXPECT_FALSE(bench.check(first, 1, Access::store).allowed) << "or it would store into zeroes";
    looking = false;
  };
  ASSERT_EQ(bench.on(CommandCode::scrub, first, 0, 1), Status::ok);
  EXPECT_GT(looks, 500u);
}

TEST(Rmu, ALookUpThatACommandOvertakesIsRepeated) {
  RmuConfig config = small_config();
  Bench bench(config);
  bench.give_run(first, 16, 1);
  bool once = true;
  bench.memory.after = [&] {  // the check's line has been read, and is on its way
    if (!once) return;
    once = false;
    ASSERT_EQ(bench.give(first, 2, base_frame + first, 1), Status::ok);
  };
  EXPECT_FALSE(bench.check(first, 1).allowed) << "the old right ended while the check was out";
  EXPECT_TRUE(bench.check(first, 2).allowed) << "and no old line was kept";
  EXPECT_EQ(bench.rmu.statistics().overtaken, 1u);
}

/// A hart, a NIC and an SSD, all of realm 1, that hold translations of granules 64 to 79.
class Clients : public ::testing::Test {
 protected:
  Clients() {
    for (Client* client : all()) bench_.bus.add(*client);
  }
  std::vector<Client*> all() { return {&hart_, &nic_, &ssd_}; }
  void warm() {
    for (Client* client : all()) {
      for (Granule granule = first; granule <= last; ++granule)
        client->access(base_frame + granule);
    }
  }

  Bench bench_;
  Client hart_{"hart0.dtlb", bench_.rmu, 1};
  Client nic_{"nic.tlb", bench_.rmu, 1};
  Client ssd_{"ssd.lut", bench_.rmu, 1};
};

/// Waits as a module does: lets late clients settle while the command waits, after they have had
/// the chance to use what they still hold.
class PatientInvalidator final : public Invalidator {
 public:
  PatientInvalidator(InvalidationBus& bus, std::function<void()> meanwhile)
      : bus_(bus), meanwhile_(std::move(meanwhile)) {}
  InvalidateResult invalidate(const Invalidation& invalidation, Cycles) override {
    const std::uint64_t id = bus_.begin(invalidation);
    meanwhile_();
    InvalidateResult result{bus_.done(id), 50, bus_.missing(id)};
    bus_.end(id);
    return result;
  }

 private:
  InvalidationBus& bus_;
  std::function<void()> meanwhile_;
};

TEST_F(Clients, WhileRightsChangeAVerdictIsTransientAndCoversItsPageAlone) {
  bench_.give_run(first, 16, 1);
  ASSERT_EQ(bench_.fuse(first, 4), Status::ok);
  EXPECT_EQ(bench_.check(first + 3, 1).order, 4);
  bool waited = false;
  PatientInvalidator invalidator(bench_.bus, [&] {
    waited = true;
    const OwnershipReply reply = bench_.check(first + 3, 1);
    EXPECT_TRUE(reply.allowed);
    EXPECT_TRUE(reply.transient);
    EXPECT_EQ(reply.order, 0) << "its neighbours may be another's in a moment";
    EXPECT_FALSE(bench_.check(last + 1, 1).transient) << "outside the group nothing changes";
  });
  ASSERT_EQ(
      bench_.rmu
          .execute({.code = CommandCode::shatter, .target = Bench::address(first)}, 0, invalidator)
          .status,
      Status::ok);
  EXPECT_TRUE(waited);
  EXPECT_FALSE(bench_.check(first + 3, 1).transient);
}

TEST_F(Clients, NoneHitsAStaleLargeTranslationAfterAShatter) {  // spec 03 behaviour 7
  bench_.give_run(first, 16, 1);
  ASSERT_EQ(bench_.fuse(first, 4), Status::ok);
  warm();
  for (Client* client : all()) ASSERT_EQ(client->translations(), 1u) << "a large one";
  nic_.answer = Client::Answer::late;
  PatientInvalidator invalidator(bench_.bus, [&] {
    EXPECT_TRUE(nic_.holds(base_frame + first)) << "late: still uses what it holds";
    EXPECT_FALSE(hart_.holds(base_frame + first));
    EXPECT_TRUE(hart_.access(base_frame + first).allowed) << "the old rights, until release";
    EXPECT_FALSE(hart_.holds(base_frame + first)) << "but nothing is kept";
    nic_.settle();
    EXPECT_TRUE(nic_.access(base_frame + last).allowed);
  });
  const CommandResult result = bench_.rmu.execute(
      {.code = CommandCode::shatter, .target = Bench::address(first)}, 0, invalidator);
  ASSERT_EQ(result.status, Status::ok);
  EXPECT_GE(result.cycles, 50u) << "the wait is part of the command";
  for (Client* client : all()) {
    EXPECT_EQ(client->translations(), 0u);
    EXPECT_FALSE(client->access(base_frame + 70).hit);
    EXPECT_FALSE(client->holds(base_frame + 71)) << "refilled by single granules";
  }
}

TEST_F(Clients, NoneHitsWhatChangedItsOwner) {  // spec 03 behaviour 7
  bench_.give_run(first, 16, 1);
  warm();
  PatientInvalidator invalidator(bench_.bus, [&] { hart_.access(base_frame + first); });
  ASSERT_EQ(bench_.rmu
                .execute({.code = CommandCode::set_owner,
                          .target = Bench::address(first),
                          .realm = 2,
                          .issuer = {1}},
                         0, invalidator)
                .status,
            Status::ok);
  for (Client* client : all()) {
    EXPECT_FALSE(client->access(base_frame + first).allowed);
    EXPECT_TRUE(client->access(base_frame + first + 1).hit) << "its neighbour was left alone";
  }
}

TEST_F(Clients, NoneHitsAfterUnshareScrubOrTheEndOfItsRealm) {
  bench_.give_run(first, 3, 2);
  for (Granule granule = first; granule < first + 3; ++granule) {
    ASSERT_EQ(bench_.on(CommandCode::share, granule, 0, 2, Sharing::shared), Status::ok);
  }
  warm();
  ASSERT_EQ(bench_.on(CommandCode::unshare, first, 0, 2), Status::ok);
  ASSERT_EQ(bench_.on(CommandCode::scrub, first + 1, 0, 2), Status::ok);
  for (Client* client : all()) {
    EXPECT_FALSE(client->access(base_frame + first).allowed);
    EXPECT_FALSE(client->access(base_frame + first + 1).allowed);
    EXPECT_TRUE(client->access(base_frame + first + 2).hit);
  }
  PatientInvalidator invalidator(bench_.bus, [&] {
    EXPECT_TRUE(hart_.access(base_frame + first + 2).allowed);
    EXPECT_FALSE(hart_.holds(base_frame + first + 2));
  });
  ASSERT_EQ(
      bench_.rmu.execute({.code = CommandCode::destroy_realm, .realm = 1}, 0, invalidator).status,
      Status::ok);
  for (Client* client : all()) EXPECT_FALSE(client->access(base_frame + first + 2).allowed);
}

TEST_F(Clients, WideningInvalidatesNothing) {
  bench_.give_run(first, 16, 1);
  const std::uint64_t before = bench_.rmu.statistics().invalidations;
  warm();
  ASSERT_EQ(bench_.on(CommandCode::share, last, 0, 1, Sharing::shared_read_only), Status::ok);
  ASSERT_EQ(bench_.on(CommandCode::share, last, 0, 1, Sharing::shared), Status::ok);
  ASSERT_EQ(bench_.fuse(first, 3, 2), Status::ok);
  EXPECT_EQ(bench_.rmu.statistics().invalidations, before);
  EXPECT_TRUE(hart_.access(base_frame + first).hit);
  ASSERT_EQ(bench_.on(CommandCode::share, last, 0, 1, Sharing::shared_read_only), Status::ok);
  EXPECT_EQ(bench_.rmu.statistics().invalidations, before + 1) << "from shared, that narrows";
}

TEST_F(Clients, ACommandThatIsNotAcknowledgedChangesNothingAndNamesTheHolder) {
  bench_.give_run(first, 16, 1);
  ASSERT_EQ(bench_.fuse(first, 4), Status::ok);
  warm();
  ssd_.answer = Client::Answer::never;
  const auto before = bench_.memory.words;
  const std::vector<Command> narrowing{group_command(CommandCode::shatter, 0, 1),
                                       group_command(CommandCode::set_owner, 4, 1),
                                       group_command(CommandCode::scrub, 4, 1),
                                       {.code = CommandCode::destroy_realm, .realm = 1}};
  for (const Command& command : narrowing) {
    const CommandResult result = bench_.issue(command);
    EXPECT_EQ(result.status, Status::timeout);
    EXPECT_EQ(result.missing, std::vector<std::string>{"ssd.lut"});
    EXPECT_EQ(bench_.memory.words, before) << "not busy, either";
    EXPECT_TRUE(bench_.check(70, 1).allowed);
    EXPECT_FALSE(bench_.check(70, 1).transient);
    EXPECT_EQ(bench_.check(70, 1).order, 4);
  }
  EXPECT_EQ(bench_.rmu.statistics().invalidation_timeouts, 4u);
  EXPECT_EQ(bench_.rmu.statistics().shatters, 0u);
  ssd_.answer = Client::Answer::at_once;
  EXPECT_EQ(bench_.shatter(first, 1), Status::ok) << "the next attempt";
}

}  // namespace
}  // namespace kilburn::rmu::testing
