// Realms, ownership, scrub: who may do what, and when.
#include <gtest/gtest.h>

#include "rmu/fixture.h"

namespace kilburn::rmu::testing {
namespace {

TEST(Rmu, OnlyRootCreatesAndDestroysRealms) {
  Bench bench;
  const auto realm = [&](CommandCode code, std::uint32_t id, Issuer issuer) {
    return bench.issue({.code = code, .realm = id, .issuer = issuer}).status;
  };
  EXPECT_EQ(realm(CommandCode::create_realm, 5, {1}), Status::denied);
  EXPECT_EQ(realm(CommandCode::create_realm, 5, {1, true}), Status::ok) << "machine mode";
  EXPECT_EQ(realm(CommandCode::create_realm, 5, {0}), Status::state_mismatch);
  EXPECT_EQ(realm(CommandCode::create_realm, 0, {0}), Status::state_mismatch);
  EXPECT_EQ(realm(CommandCode::create_realm, 8, {0}), Status::out_of_range);
  EXPECT_EQ(realm(CommandCode::create_realm, 65536 + 6, {0}), Status::out_of_range);
  EXPECT_EQ(realm(CommandCode::destroy_realm, 5, {1}), Status::denied);
  EXPECT_EQ(realm(CommandCode::destroy_realm, 0, {0}), Status::state_mismatch);
  EXPECT_EQ(realm(CommandCode::destroy_realm, 6, {0}), Status::state_mismatch);
  EXPECT_EQ(realm(CommandCode::destroy_realm, 8, {0}), Status::out_of_range);
  EXPECT_EQ(realm(CommandCode::destroy_realm, 5, {0}), Status::ok);
  EXPECT_EQ(bench.on(CommandCode::query, 0, 0, 5), Status::denied) << "the dead issue nothing";
}

TEST(Rmu, ANewRealmDoesNotInheritWhatAnOldOneOfItsNumberOwned) {
  Bench bench;
  bench.give_run(8, 2, 1);
  bench.give_run(16, 4, 1);
  ASSERT_EQ(bench.fuse(16, 2), Status::ok);
  const Command create{.code = CommandCode::create_realm, .realm = 1};
  ASSERT_EQ(bench.issue({.code = CommandCode::destroy_realm, .realm = 1}).status, Status::ok);
  EXPECT_FALSE(bench.check(8, 1).allowed);
  EXPECT_EQ(bench.denied(Denial::no_realm), 1u);
  EXPECT_FALSE(bench.check(8, 0).allowed) << "its memory is not anybody's until scrubbed";
  EXPECT_EQ(bench.issue(create).status, Status::state_mismatch);
  EXPECT_EQ(bench.on(CommandCode::scrub, 8, 0, 2), Status::denied);
  EXPECT_EQ(bench.on(CommandCode::scrub, 8, 0, 0), Status::ok);
  EXPECT_EQ(bench.on(CommandCode::scrub, 9, 0, 0), Status::ok);
  EXPECT_EQ(bench.issue(create).status, Status::state_mismatch) << "four granules are left";
  EXPECT_EQ(bench.on(CommandCode::scrub, 16, 2, 0), Status::ok);
  EXPECT_EQ(bench.issue(create).status, Status::ok);
  EXPECT_FALSE(bench.check(8, 1).allowed);
}

TEST(Rmu, RootGivesWhatIsNobodysAndOnlyTheOwnerGivesAway) {
  Bench bench;
  EXPECT_EQ(bench.give(5, 1, 0, 1), Status::denied) << "nobody helps himself";
  EXPECT_EQ(bench.give(5, 1, base_frame + 5, 0), Status::ok);
  EXPECT_EQ(bench.give(5, 2, base_frame + 5, 0), Status::denied);
  EXPECT_EQ(bench.give(5, 2, base_frame + 5, 2), Status::denied);
  EXPECT_EQ(bench.give(5, 7, base_frame + 5, 1), Status::state_mismatch) << "no such realm";
  EXPECT_EQ(bench.give(5, 2, base_frame + 5, 1, 0, State::clean), Status::state_mismatch);
  EXPECT_EQ(bench.give(5, 2, base_frame + 5, 1, 3), Status::not_fused);
  EXPECT_EQ(bench.give(5, 2, base_frame + 5, 1, 10), Status::bad_order);
  EXPECT_EQ(bench.give(5, 2, base_frame + 5, 1), Status::ok);
  EXPECT_TRUE(bench.check(5, 2).allowed);
  EXPECT_EQ(bench.on(CommandCode::share, 5, 0, 1, Sharing::shared), Status::denied);
  EXPECT_EQ(bench.on(CommandCode::share, 6, 0, 1, Sharing::shared), Status::state_mismatch);
  EXPECT_EQ(bench.on(CommandCode::share, 5, 0, 2, static_cast<Sharing>(3)), Status::state_mismatch);
}

TEST(Rmu, ScrubZeroesTheGranuleBeforeItMayHaveAnotherOwner) {
  Bench bench;
  bench.give_run(5, 3, 1);
  for (Address at = Bench::address(5); at < Bench::address(8); at += 8) bench.memory.set(at, at);
  ASSERT_EQ(bench.on(CommandCode::scrub, 6, 0, 1), Status::ok);
  for (Address at = Bench::address(5); at < Bench::address(8); at += 8) {
    const bool scrubbed = at >= Bench::address(6) && at < Bench::address(7);
    EXPECT_EQ(bench.memory.word(at), scrubbed ? 0 : at);
  }
  EXPECT_EQ(bench.rmu.statistics().scrub_writes, 512u);
  for (std::uint16_t realm = 0; realm < 4; ++realm) EXPECT_FALSE(bench.check(6, realm).allowed);
  EXPECT_EQ(bench.denied(Denial::state), 4u);
  EXPECT_EQ(bench.give(6, 2, base_frame + 6, 1), Status::denied);
  EXPECT_EQ(bench.give(6, 2, base_frame + 6, 0), Status::ok);
  EXPECT_TRUE(bench.check(6, 2).allowed);
}

TEST(Rmu, AGroupIsScrubbedAndGivenAsOne) {
  Bench bench;
  bench.give_run(64, 8, 1);
  ASSERT_EQ(bench.fuse(64, 3), Status::ok);
  EXPECT_EQ(bench.on(CommandCode::scrub, 65, 3, 1), Status::misaligned);
  EXPECT_EQ(bench.on(CommandCode::scrub, 64, 4, 1), Status::not_fused);
  EXPECT_EQ(bench.on(CommandCode::scrub, 64, 3, 1), Status::ok);
  EXPECT_EQ(bench.rmu.statistics().scrub_writes, 8 * 512u);
  EXPECT_FALSE(bench.check(70, 1).allowed);
  EXPECT_EQ(bench.give(64, 2, 0x700, 0, 3), Status::ok);
  EXPECT_EQ(bench.give(64, 2, 0x700, 2, 3, State::rmu_private), Status::state_mismatch);
  EXPECT_TRUE(bench.check_from(70, 0x706, 2).allowed);
  EXPECT_EQ(bench.check_from(70, 0x706, 2).order, 3);
  EXPECT_FALSE(bench.check_from(70, 0x707, 2).allowed);
  EXPECT_EQ(bench.on(CommandCode::share, 64, 3, 2, Sharing::shared_read_only),
            Status::state_mismatch)
      << "spec 10, interaction 1";
  EXPECT_EQ(bench.on(CommandCode::share, 64, 3, 2, Sharing::shared), Status::ok);
  EXPECT_TRUE(bench.check(71, 3).allowed);
  ASSERT_EQ(bench.shatter(64, 2), Status::ok);
  EXPECT_TRUE(bench.check(71, 3).allowed) << "each granule keeps what the head said";
}

TEST(Rmu, AScrubThatMeetsNoMemoryLeavesTheGranuleShut) {
  Bench bench;
  bench.give_run(5, 1, 1);
  bench.memory.missing = Bench::address(5) + 1024;
  EXPECT_EQ(bench.on(CommandCode::scrub, 5, 0, 1), Status::memory_error);
  EXPECT_FALSE(bench.check(5, 1).allowed);
  EXPECT_EQ(bench.give(5, 2, 0, 1), Status::state_mismatch);
  bench.memory.missing.reset();
  EXPECT_EQ(bench.on(CommandCode::scrub, 5, 0, 0), Status::ok);
  EXPECT_EQ(bench.give(5, 2, base_frame + 5, 0), Status::ok);
}

TEST(Rmu, NobodyOwnsTheTable) {
  RmuConfig config = small_config();
  config.table_base = memory_base + 1000 * page_bytes;
  Bench bench(config);
  for (const Granule granule : {Granule{1000}, Granule{1003}}) {
    EXPECT_EQ(bench.give(granule, 1, 0), Status::denied);
    EXPECT_EQ(bench.on(CommandCode::scrub, granule, 0, 0), Status::denied);
  }
  EXPECT_EQ(bench.give(1004, 1, 0), Status::ok);
}

TEST(Rmu, AQueryTellsWhatGovernsTheTarget) {
  Bench bench;
  bench.give_run(64, 4, 1);
  ASSERT_EQ(bench.fuse(64, 2), Status::ok);
  const CommandResult member = bench.issue({.target = Bench::address(67), .issuer = {2}});
  ASSERT_EQ(member.status, Status::ok);
  EXPECT_EQ(member.head, Bench::address(64));
  EXPECT_EQ(member.entry.owner, 1);
  EXPECT_EQ(member.entry.order, 2);
  EXPECT_TRUE(member.entry.member);
  EXPECT_EQ(member.entry.mapped, base_frame + 67);
  const CommandResult head = bench.issue({.target = Bench::address(64)});
  EXPECT_FALSE(head.entry.member);
  EXPECT_EQ(bench.issue({.target = Bench::address(64) + 1}).status, Status::misaligned);
  EXPECT_EQ(bench.issue({.target = Bench::address(granules)}).status, Status::out_of_range);
}

TEST(Rmu, CommandsAreCountedByKindAndStatus) {
  Bench bench;
  bench.give_run(64, 2, 1);
  bench.fuse(64, 1);
  bench.fuse(65, 1);
  bench.issue({.code = static_cast<CommandCode>(200)});
  const RmuStatistics statistics = bench.rmu.statistics();
  EXPECT_EQ(statistics.count(CommandCode::create_realm, Status::ok), 3u);
  EXPECT_EQ(statistics.count(CommandCode::set_owner, Status::ok), 2u);
  EXPECT_EQ(statistics.count(CommandCode::fuse, Status::ok), 1u);
  EXPECT_EQ(statistics.count(CommandCode::fuse, Status::misaligned), 1u);
  EXPECT_EQ(statistics.commands[0][RMU_STATUS_BAD_COMMAND], 1u);
  EXPECT_EQ(statistics.command_cycles.count(), 8u);
  EXPECT_EQ(statistics.fuse_cycles.count(), 1u);
  EXPECT_EQ(statistics.fused_order.buckets()[1], 1u);
}

TEST(Rmu, AChangeOfOwnerTakesItsLookUpThenThreeWritesOneAfterTheOther) {
  Bench bench;
  const CommandResult result = bench.issue({.code = CommandCode::set_owner,
                                            .target = Bench::address(5),
                                            .realm = 1,
                                            .mapped = base_frame + 5,
                                            .mapped_any = false});
  ASSERT_EQ(result.status, Status::ok);
  // Nobody has touched the block: no read. Busy, the mapping, and the new rights: ten cycles each.
  EXPECT_EQ(result.cycles, bench.config.command_cycles + bench.config.hit_cycles + 3 * 10);
}

}  // namespace
}  // namespace kilburn::rmu::testing
