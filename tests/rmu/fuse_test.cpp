// Region fuse and shatter: spec 03, behaviours 1 to 4 and 6; what they cost.
#include <gtest/gtest.h>

#include "common/random.h"
#include "rmu/fixture.h"

namespace kilburn::rmu::testing {
namespace {

TEST(Rmu, FuseByANonOwnerSucceedsAndChangesNoRight) {  // spec 03 behaviour 1
  Bench bench;
  bench.give_run(64, 16, 1);
  EXPECT_EQ(bench.fuse(64, 4, 2), Status::ok);
  for (Granule granule = 64; granule < 80; ++granule) {
    for (std::uint16_t realm = 0; realm < 4; ++realm) {
      EXPECT_EQ(bench.check(granule, realm).allowed, realm == 1) << granule << " " << realm;
    }
    EXPECT_FALSE(bench.check_from(granule, base_frame + granule + 1, 1).allowed);
  }
}

struct Mismatch {
  const char* name;
  std::function<void(Bench&)> spoil;
  Status expected;
};

class RejectedFuse : public ::testing::TestWithParam<Mismatch> {};

TEST_P(RejectedFuse, LeavesTheTableBitIdentical) {  // spec 03 behaviour 2
  Bench bench;
  bench.give_run(64, 16, 1);
  GetParam().spoil(bench);
  const auto before = bench.memory.words;
  const std::uint64_t writes = bench.memory.word_writes;
  EXPECT_EQ(bench.fuse(64, 4), GetParam().expected);
  EXPECT_EQ(bench.memory.words, before);
  EXPECT_EQ(bench.memory.word_writes, writes) << "not even for a moment";
  EXPECT_EQ(bench.rmu.statistics().fuses, GetParam().expected == Status::is_member ? 1u : 0u);
}

INSTANTIATE_TEST_SUITE_P(
    Mismatches, RejectedFuse,
    ::testing::Values(
        Mismatch{"Owner", [](Bench& b) { b.give(70, 2, base_frame + 70, 1); },
                 Status::owner_mismatch},
        Mismatch{"StatePrivate",
                 [](Bench& b) { b.give(79, 1, base_frame + 79, 1, 0, State::rmu_private); },
                 Status::state_mismatch},
        Mismatch{"StateClean", [](Bench& b) { b.on(CommandCode::scrub, 65, 0, 1); },
                 Status::state_mismatch},
        Mismatch{"HeadClean", [](Bench& b) { b.on(CommandCode::scrub, 64, 0, 1); },
                 Status::state_mismatch},
        Mismatch{"Sharing", [](Bench& b) { b.on(CommandCode::share, 78, 0, 1, Sharing::shared); },
                 Status::state_mismatch},
        Mismatch{"SharedReadOnly",  // spec 10, interactions 1 and 2
                 [](Bench& b) {
                   for (Granule g = 64; g < 80; ++g) {
                     b.on(CommandCode::share, g, 0, 1, Sharing::shared_read_only);
                   }
                 },
                 Status::state_mismatch},
        Mismatch{"Mapping", [](Bench& b) { b.give(73, 1, base_frame + 74, 1); },
                 Status::not_contiguous},
        Mismatch{"MappedAnywhere",
                 [](Bench& b) {
                   b.issue({.code = CommandCode::set_owner,
                            .target = Bench::address(66),
                            .realm = 1,
                            .mapped = base_frame + 66,
                            .mapped_any = true,
                            .issuer = {1}});
                 },
                 Status::not_contiguous},
        Mismatch{"SmallerGroupInside", [](Bench& b) { b.fuse(72, 2); }, Status::is_member},
        Mismatch{"SmallerGroupAtTheHead", [](Bench& b) { b.fuse(64, 3); }, Status::is_member},
        Mismatch{"LargerGroupRound",
                 [](Bench& b) {
                   b.give_run(80, 16, 1);
                   b.fuse(64, 5);
                 },
                 Status::is_member},
        Mismatch{"BusyEntry",
                 [](Bench& b) {
                   const Address at = b.entry_address(77);
                   b.memory.set(at, b.memory.word(at) | 1u << RMU_ENTRY_BUSY_SHIFT);
                 },
                 Status::busy},
        Mismatch{"NoTableMemory", [](Bench& b) { b.memory.missing = b.entry_address(76); },
                 Status::memory_error}),
    [](const auto& param) { return param.param.name; });

TEST(Rmu, FuseRejectsBadArgumentsWithTheirStatus) {
  RmuConfig config = small_config();
  config.memory_bytes = 1000 * page_bytes;  // the last 2 MiB is not whole
  Bench bench(config);
  const auto fuse = [&](Address target, unsigned order) {
    return bench.issue({.code = CommandCode::fuse, .target = target, .order = order}).status;
  };
  EXPECT_EQ(fuse(Bench::address(64) + 8, 4), Status::misaligned);
  EXPECT_EQ(fuse(Bench::address(72), 4), Status::misaligned);
  EXPECT_EQ(fuse(Bench::address(64), 0), Status::bad_order);
  EXPECT_EQ(fuse(Bench::address(0), 10), Status::bad_order);
  EXPECT_EQ(fuse(Bench::address(0), 255), Status::bad_order);
  EXPECT_EQ(fuse(Bench::address(512), 9), Status::out_of_range);
  EXPECT_EQ(fuse(Bench::address(1000), 1), Status::out_of_range);
  EXPECT_EQ(fuse(memory_base - page_bytes, 1), Status::out_of_range);
  EXPECT_EQ(fuse(~Address{0} << page_shift, 1), Status::out_of_range);
}

TEST(Rmu, ASingleRegionCommandOnAMemberIsRejectedUntilShatter) {  // spec 03 behaviour 3
  Bench bench;
  bench.give_run(64, 16, 1);
  ASSERT_EQ(bench.fuse(64, 4), Status::ok);
  const std::vector<CommandCode> single{CommandCode::set_owner, CommandCode::share,
                                        CommandCode::unshare, CommandCode::scrub};
  for (const Granule granule : {Granule{64}, Granule{65}, Granule{79}}) {
    for (const CommandCode code : single) {
      const Command command{.code = code,
                            .target = Bench::address(granule),
                            .realm = 2,
                            .sharing = Sharing::shared,
                            .issuer = {1}};
      EXPECT_EQ(bench.issue(command).status, Status::is_member) << granule;
    }
  }
  ASSERT_EQ(bench.shatter(70, 1), Status::ok);
  EXPECT_EQ(bench.give(65, 2, base_frame + 65, 1), Status::ok);
  EXPECT_TRUE(bench.check(65, 2).allowed);
  EXPECT_FALSE(bench.check(65, 1).allowed);
  EXPECT_TRUE(bench.check(66, 1).allowed);
  EXPECT_EQ(bench.on(CommandCode::scrub, 79, 0, 1), Status::ok);
  EXPECT_EQ(bench.on(CommandCode::share, 64, 0, 1, Sharing::shared), Status::ok);
}

/// Every verdict that a small bench can give, as text.
std::string verdicts(Bench& bench) {
  std::string text;
  for (Granule granule = 0; granule < 128; ++granule) {
    for (std::uint16_t realm = 0; realm < 4; ++realm) {
      for (const Access access : {Access::load, Access::store}) {
        const OwnershipReply reply = bench.check(granule, realm, access);
        text += reply.allowed ? static_cast<char>('0' + reply.order) : '-';
      }
    }
  }
  return text;
}

TEST(Rmu, AFuseDropsWhatTheOwnershipCacheHoldsOfItsMembers) {
  Bench bench;
  bench.give_run(64, 16, 1);
  ASSERT_EQ(bench.check(70, 1).order, 0);  // its line is in the cache now
  ASSERT_EQ(bench.fuse(64, 4), Status::ok);
  EXPECT_EQ(bench.give(70, 2, base_frame + 70, 1), Status::is_member);
  EXPECT_EQ(bench.check(70, 1).order, 4);
}

TEST(Rmu, TheHeadGovernsWhateverADormantMemberHolds) {  // spec 03 behaviour 4
  std::uint64_t state = 4711;
  for (unsigned order = 1; order <= 6; ++order) {
    for (unsigned round = 0; round < 8; ++round) {
      SCOPED_TRACE("seed 4711, order " + std::to_string(order) + ", round " +
                   std::to_string(round));
      RmuConfig config = small_config();
      config.cache_lines = round % 2 * 64;
      Bench bench(config);
      bench.give_run(64, 64, 1);
      ASSERT_EQ(bench.fuse(64, order, 3), Status::ok);
      const std::string before = verdicts(bench);
      for (Granule granule = 65; granule < 64 + (Granule{1} << order); ++granule) {
        bench.memory.set(bench.entry_address(granule), next_random(state));
        bench.memory.set(bench.entry_address(granule) + 8, next_random(state));
      }
      EXPECT_EQ(verdicts(bench), before);
      const Granule other = 64 + (Granule{1} << order) / 2;
      EXPECT_EQ(bench.give(other, 2, 0, 1), Status::is_member);
      EXPECT_EQ(bench.give(64, 2, base_frame + 64, 1, order), Status::ok) << "the group as a whole";
      EXPECT_EQ(bench.shatter(other, 2), Status::ok);
      for (Granule granule = 64; granule < 64 + (Granule{1} << order); ++granule) {
        EXPECT_TRUE(bench.check(granule, 2).allowed) << granule;
        EXPECT_EQ(bench.check(granule, 2).order, 0) << granule;
        EXPECT_FALSE(bench.check(granule, 1).allowed) << granule;
      }
    }
  }
}

TEST(Rmu, TheVerdictOnAFusedGranuleCoversTheGroup) {  // spec 03 behaviour 6
  Bench bench;
  bench.give_run(512, 512, 1);
  EXPECT_EQ(bench.check(700, 1).order, 0);
  ASSERT_EQ(bench.fuse(512, 9, 1), Status::ok);
  for (const Granule granule : {Granule{512}, Granule{513}, Granule{700}, Granule{1023}}) {
    EXPECT_EQ(bench.check(granule, 1).order, 9);
  }
  Client tlb("tlb", bench.rmu, 1);
  const std::uint64_t checks = bench.rmu.statistics().checks;
  for (Granule granule = 512; granule < 1024; ++granule) tlb.access(base_frame + granule);
  EXPECT_EQ(bench.rmu.statistics().checks - checks, 1u);
  EXPECT_EQ(tlb.translations(), 1u);
}

TEST(Rmu, AFuseReadsEachLineOfItsEntriesOnceAndWritesOneWord) {
  RmuConfig config = small_config();
  config.cache_lines = 0;
  for (unsigned order = 1; order <= 9; ++order) {
    SCOPED_TRACE(order);
    Bench bench(config);
    bench.give_run(512, 512, 1);
    const std::uint64_t reads = bench.memory.line_reads;
    const auto before = bench.memory.words;
    const std::uint64_t writes = bench.memory.word_writes;
    const CommandResult result =
        bench.issue({.code = CommandCode::fuse, .target = Bench::address(512), .order = order});
    ASSERT_EQ(result.status, Status::ok);
    const std::uint64_t lines = order <= 2 ? 1 : (1u << order) / 4;
    EXPECT_EQ(bench.memory.line_reads - reads, 1 + lines) << "look-up of the target, and the lines";
    EXPECT_EQ(bench.memory.word_writes - writes, 1u);
    EXPECT_EQ(result.cycles, config.command_cycles + config.hit_cycles + (2 + lines) * 10);
    auto expected = before;
    expected[bench.entry_address(512)] |= std::uint64_t{order} << RMU_ENTRY_ORDER_SHIFT;
    EXPECT_EQ(bench.memory.words, expected);
  }
}

TEST(Rmu, AShatterOfAnUndisturbedGroupWritesOnlyTheHead) {
  Bench bench;
  bench.give_run(512, 512, 1);
  const auto before = bench.memory.words;
  ASSERT_EQ(bench.fuse(512, 9), Status::ok);
  const std::uint64_t writes = bench.memory.word_writes;
  ASSERT_EQ(bench.shatter(1023, 1), Status::ok);
  EXPECT_EQ(bench.memory.words, before);
  EXPECT_EQ(bench.memory.word_writes - writes, 2u) << "busy, then free";
}

TEST(Rmu, FusingAgainAtTheSameOrderIsAcceptedAndWritesNothing) {
  Bench bench;
  bench.give_run(64, 16, 1);
  ASSERT_EQ(bench.fuse(64, 4), Status::ok);
  const std::uint64_t writes = bench.memory.word_writes;
  EXPECT_EQ(bench.fuse(64, 4), Status::ok);
  EXPECT_EQ(bench.memory.word_writes, writes);
  EXPECT_EQ(bench.fuse(64, 5), Status::is_member);
  EXPECT_EQ(bench.fuse(64, 3), Status::is_member);
}

TEST(Rmu, OnlyTheOwnerOrRootShatters) {
  Bench bench;
  bench.give_run(64, 4, 1);
  ASSERT_EQ(bench.fuse(64, 2), Status::ok);
  EXPECT_EQ(bench.shatter(64, 2), Status::denied);
  EXPECT_EQ(bench.shatter(64, 1), Status::ok);
  EXPECT_EQ(bench.shatter(64, 1), Status::not_fused);
  ASSERT_EQ(bench.fuse(64, 2), Status::ok);
  EXPECT_EQ(bench.shatter(66, 0), Status::ok);
}

TEST(Rmu, ACheckReadsOneLineAndOneMoreForEachLargerOrderInUse) {
  RmuConfig config = small_config();
  config.cache_lines = 0;
  Bench bench(config);
  const auto reads = [&](Granule granule, std::uint16_t realm) {
    const std::uint64_t before = bench.memory.line_reads;
    const OwnershipReply reply = bench.check(granule, realm);
    EXPECT_TRUE(reply.allowed) << granule;
    const std::uint64_t lines = bench.memory.line_reads - before;
    EXPECT_EQ(reply.latency, config.hit_cycles + lines * 10);
    return lines;
  };
  bench.rmu.check({}, 0);
  bench.give_run(64, 64, 1);
  bench.give_run(512, 512, 1);
  EXPECT_EQ(reads(700, 1), 1u) << "no groups: the granule's own line";
  ASSERT_EQ(bench.fuse(512, 9), Status::ok);
  EXPECT_EQ(reads(700, 1), 1u) << "the head answers at once";
  EXPECT_EQ(reads(100, 1), 2u) << "granule 0 might head its 512";
  ASSERT_EQ(bench.fuse(64, 4), Status::ok);
  EXPECT_EQ(reads(100, 1), 3u) << "and granule 96 its 16";
  EXPECT_EQ(reads(70, 1), 2u) << "granule 0 does not, 64 does";
  EXPECT_EQ(reads(1, 0), 1u) << "heads in the granule's own line cost nothing";
  ASSERT_EQ(bench.fuse(80, 1), Status::ok);
  EXPECT_EQ(reads(81, 1), 2u) << "orders 1 and 2 share the line: granule 0, then 80's own";
  ASSERT_EQ(bench.shatter(512), Status::ok);
  EXPECT_EQ(reads(700, 1), 2u) << "512 heads nothing, 688 no 16: orders no longer in use are free";
}

TEST(Rmu, OneCachedHeadAnswersForItsGroup) {
  RmuConfig config = small_config();
  config.cache_lines = 1;
  Bench bench(config);
  bench.give_run(512, 512, 1);
  ASSERT_EQ(bench.fuse(512, 9), Status::ok);
  ASSERT_TRUE(bench.check(600, 1).allowed);
  const std::uint64_t before = bench.memory.line_reads;
  for (Granule granule = 512; granule < 1024; ++granule) {
    EXPECT_EQ(bench.check(granule, 1).latency, config.hit_cycles);
  }
  EXPECT_EQ(bench.memory.line_reads, before);
}

TEST(Rmu, UnfusedGranulesNeedALineForFour) {
  RmuConfig config = small_config();
  config.cache_lines = 128;
  Bench bench(config);
  bench.give_run(512, 512, 1);
  const RmuStatistics before = bench.rmu.statistics();
  const std::uint64_t reads = bench.memory.line_reads;
  // Giving granule by granule leaves only the last written line's neighbours in the cache.
  for (Granule granule = 512; granule < 1024; ++granule) {
    ASSERT_TRUE(bench.check(granule, 1).allowed);
  }
  EXPECT_EQ(bench.memory.line_reads - reads, 128u);
  EXPECT_EQ(bench.rmu.statistics().table.cache_hits - before.table.cache_hits, 384u);
}

TEST(Rmu, LargerGranulesKeepThePageWithinThem) {
  RmuConfig config = small_config();
  config.granule_shift = 16;
  Bench bench(config);
  const auto give = [&](Granule granule) {
    return bench
        .issue({.code = CommandCode::set_owner,
                .target = memory_base + (granule << 16),
                .realm = 1,
                .mapped = 0x500 + 16 * granule,
                .mapped_any = false})
        .status;
  };
  for (Granule granule = 4; granule < 8; ++granule) ASSERT_EQ(give(granule), Status::ok);
  const auto check = [&](PageNumber page) {
    return bench.rmu.check({base_frame + page, 0x500 + page, Access::load, 1, false}, 0);
  };
  EXPECT_EQ(check(64 + 5).order, 4);
  EXPECT_TRUE(check(64 + 5).allowed);
  ASSERT_EQ(bench.issue({.code = CommandCode::fuse, .target = memory_base + (4 << 16), .order = 2})
                .status,
            Status::ok);
  EXPECT_EQ(check(64 + 60).order, 6);
  EXPECT_TRUE(check(64 + 60).allowed);
  EXPECT_FALSE(check(63).allowed);
}

}  // namespace
}  // namespace kilburn::rmu::testing
