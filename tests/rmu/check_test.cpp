// Verdicts of a check, and the reasons of denials.
#include <gtest/gtest.h>

#include "rmu/fixture.h"

namespace kilburn::rmu::testing {
namespace {

TEST(Rmu, AnUntouchedEntryIsOpenToRealm0OnlyAndNotAtAllWhereConfigured) {
  Bench bench;
  EXPECT_TRUE(bench.check(5, 0, Access::store).allowed);
  EXPECT_FALSE(bench.check(5, 1).allowed);
  EXPECT_EQ(bench.denied(Denial::unowned), 1u);

  RmuConfig closed = small_config();
  closed.unowned = Unowned::deny;
  Bench strict(closed);
  EXPECT_FALSE(strict.check(5, 0).allowed);
  EXPECT_EQ(strict.denied(Denial::unowned), 1u);
}

TEST(Rmu, TheOwnerExcludesMorePrivilegedRealms) {
  Bench bench;
  ASSERT_EQ(bench.give(5, 1, base_frame + 5), Status::ok);
  EXPECT_TRUE(bench.check(5, 1, Access::fetch).allowed);
  EXPECT_TRUE(bench.check(5, 1, Access::store).allowed);
  EXPECT_FALSE(bench.check(5, 0).allowed);
  EXPECT_FALSE(bench.check(5, 2).allowed);
  EXPECT_EQ(bench.denied(Denial::not_owner), 2u);
  // Not even machine mode takes it away.
  const Command take{
      .code = CommandCode::set_owner, .target = Bench::address(5), .realm = 0, .issuer = {0, true}};
  EXPECT_EQ(bench.issue(take).status, Status::denied);
  EXPECT_EQ(bench.on(CommandCode::scrub, 5, 0, 0), Status::denied);
}

TEST(Rmu, ADeniedAccessIsCountedByReasonAndInstallsNothing) {  // spec 03 behaviour 8
  RmuConfig config = small_config();
  config.uncovered = Uncovered::realm_0;
  config.table_base = memory_base + 1000 * page_bytes;  // in covered memory
  Bench bench(config);
  bench.give_run(0, 4, 1);
  ASSERT_EQ(bench.give(1, 1, 0, 1, 0, State::rmu_private), Status::ok);
  ASSERT_EQ(bench.on(CommandCode::share, 2, 0, 1, Sharing::shared_read_only), Status::ok);
  const auto before = bench.memory.words;
  Client client("device", bench.rmu, 2);

  EXPECT_FALSE(client.access(base_frame + 0).allowed);
  EXPECT_EQ(bench.denied(Denial::not_owner), 1u);
  EXPECT_FALSE(client.access(base_frame + 1).allowed);
  EXPECT_EQ(bench.denied(Denial::state), 1u);
  EXPECT_FALSE(client.access(base_frame + 2, Access::store).allowed);
  EXPECT_EQ(bench.denied(Denial::read_only), 1u);
  EXPECT_FALSE(client.access(base_frame + 100).allowed);
  EXPECT_EQ(bench.denied(Denial::unowned), 1u);
  EXPECT_FALSE(client.access(5).allowed);
  EXPECT_EQ(bench.denied(Denial::out_of_range), 1u);
  EXPECT_FALSE(client.access(config.table_base >> page_shift).allowed);
  EXPECT_FALSE(bench.check(1000, 0).allowed) << "the table is nobody's, realm 0's neither";
  EXPECT_EQ(bench.denied(Denial::table), 2u);
  EXPECT_FALSE(bench.check(3, 7).allowed);
  EXPECT_FALSE(bench.check(3, 700).allowed);
  EXPECT_EQ(bench.denied(Denial::no_realm), 2u);
  EXPECT_FALSE(bench.check_from(3, 77, 1).allowed);
  EXPECT_EQ(bench.denied(Denial::mapping), 1u);

  EXPECT_EQ(client.translations(), 0u);
  EXPECT_EQ(bench.memory.words, before);
  EXPECT_EQ(bench.rmu.statistics().checks, 10u);
}

TEST(Rmu, AMissingOrDamagedEntryDenies) {
  RmuConfig config = small_config();
  config.cache_lines = 0;
  Bench bench(config);
  ASSERT_EQ(bench.give(5, 1, base_frame + 5), Status::ok);
  const Address at = bench.entry_address(5);
  const std::uint64_t good = bench.memory.word(at);
  bench.memory.missing = at;
  EXPECT_FALSE(bench.check(5, 1).allowed);
  bench.memory.missing.reset();
  bench.memory.set(at, good | 2u << RMU_ENTRY_ORDER_SHIFT);  // granule 5 can head no group of four
  EXPECT_FALSE(bench.check(5, 1).allowed);
  bench.memory.set(at, good | 63u << RMU_ENTRY_ORDER_SHIFT);
  EXPECT_FALSE(bench.check(5, 1).allowed);
  bench.memory.set(at, good | 0xFFFFu << RMU_ENTRY_OWNER_SHIFT);
  EXPECT_FALSE(bench.check(5, 1).allowed);
  EXPECT_EQ(bench.denied(Denial::table_error), 4u);
  bench.memory.set(at, good);
  EXPECT_TRUE(bench.check(5, 1).allowed);
}

TEST(Rmu, TheReverseMappingIsComparedOnlyWhereItMeansSomething) {
  Bench bench;
  ASSERT_EQ(bench.give(5, 1, 0x1234), Status::ok);
  EXPECT_TRUE(bench.check_from(5, 0x1234, 1).allowed);
  EXPECT_FALSE(bench.check_from(5, 0x1235, 1).allowed);
  EXPECT_TRUE(bench.rmu.check({base_frame + 5, 0x1235, Access::load, 1, true}, 0).allowed)
      << "page-table reads have no mapping";
  ASSERT_EQ(bench.on(CommandCode::share, 5, 0, 1, Sharing::shared_read_only), Status::ok);
  EXPECT_TRUE(bench.check_from(5, 0x1235, 1).allowed) << "a hole frame has many mappings";
  ASSERT_EQ(bench.on(CommandCode::unshare, 5, 0, 1), Status::ok);
  EXPECT_FALSE(bench.check_from(5, 0x1235, 1).allowed);
  ASSERT_EQ(bench
                .issue({.code = CommandCode::set_owner,
                        .target = Bench::address(5),
                        .realm = 1,
                        .mapped_any = true,
                        .issuer = {1}})
                .status,
            Status::ok);
  EXPECT_TRUE(bench.check_from(5, 0x1235, 1).allowed);

  RmuConfig loose = small_config();
  loose.check_mapping = false;
  Bench unchecked(loose);
  ASSERT_EQ(unchecked.give(5, 1, 0x1234), Status::ok);
  EXPECT_TRUE(unchecked.check_from(5, 0x1235, 1).allowed);
}

TEST(Rmu, SharingOpensAGranuleByDegrees) {
  Bench bench;
  ASSERT_EQ(bench.give(5, 1, base_frame + 5), Status::ok);
  const auto rights = [&](std::uint16_t realm) {
    const OwnershipReply load = bench.check(5, realm);
    EXPECT_EQ(load.allowed, bench.check(5, realm, Access::fetch).allowed);
    const bool store = bench.check(5, realm, Access::store).allowed;
    EXPECT_EQ(load.writable, store) << "a load's verdict foretells a store's";
    return std::string{load.allowed ? "r" : ""} + (store ? "w" : "");
  };
  EXPECT_EQ(rights(2), "");
  ASSERT_EQ(bench.on(CommandCode::share, 5, 0, 1, Sharing::shared_read_only), Status::ok);
  EXPECT_EQ(rights(2), "r");
  EXPECT_EQ(rights(1), "rw");
  ASSERT_EQ(bench.on(CommandCode::share, 5, 0, 1, Sharing::shared), Status::ok);
  EXPECT_EQ(rights(2), "rw");
  EXPECT_EQ(rights(0), "rw");
  ASSERT_EQ(bench.on(CommandCode::unshare, 5, 0, 1), Status::ok);
  EXPECT_EQ(rights(2), "");
}

TEST(Rmu, TheLargestVerdictOnUncoveredFramesIsHalfOfAllAddresses) {
  // One step more would cover the frames that the table is about.
  RmuConfig config = small_config();
  config.uncovered = Uncovered::all;
  Bench bench(config);
  const PageNumber upper_half = PageNumber{1} << (all_frames_order - 1);
  EXPECT_EQ(bench.rmu.check({.frame = upper_half, .realm = 1}, 0).order, all_frames_order - 1);
}

TEST(Rmu, UncoveredFramesAreOneVerdictUpToTheNextCoveredOne) {
  Bench bench;
  // 0x40000 is the table's first frame: 0x00000 to 0x3FFFF are free, 2^18 frames.
  EXPECT_EQ(bench.rmu.check({0x12345, 0, Access::store, 1, false}, 0).order, 18);
  // The table takes 16 KiB: frames 0x40004 to 0x40007 are free, their neighbours are not.
  EXPECT_EQ(bench.rmu.check({0x40005, 0, Access::store, 1, false}, 0).order, 2);
  EXPECT_FALSE(bench.rmu.check({0x40003, 0, Access::load, 0, false}, 0).allowed);
}

TEST(Rmu, SwitchedOffEverythingIsAllowedAndNoCommandAccepted) {
  RmuConfig config = small_config();
  config.enabled = false;
  TestMemory memory;
  Rmu rmu(config, memory);
  InvalidationBus bus;
  ImmediateInvalidator invalidator(bus);
  EXPECT_TRUE(rmu.check({base_frame, 1, Access::store, 5, false}, 0).allowed);
  EXPECT_EQ(rmu.check({base_frame, 1, Access::store, 5, false}, 0).order, 52);
  EXPECT_EQ(rmu.execute({.code = CommandCode::create_realm, .realm = 1}, 0, invalidator).status,
            Status::denied);
  EXPECT_EQ(memory.line_reads, 0u);
}

TEST(Rmu, LookUpsWaitForTheTablePort) {
  RmuConfig config = small_config();
  config.cache_lines = 0;
  config.hit_cycles = 2;
  Bench bench(config);
  ASSERT_EQ(bench.give(100, 1, base_frame + 100), Status::ok);  // so that the table is read
  EXPECT_EQ(bench.rmu.check({base_frame, 0, Access::load, 0, false}, 100).latency, 12u);
  EXPECT_EQ(bench.rmu.check({base_frame + 8, 0, Access::load, 0, false}, 104).latency, 18u)
      << "asks at 106, the port is free at 112";
  EXPECT_EQ(bench.rmu.check({base_frame + 16, 0, Access::load, 0, false}, 120).latency, 12u)
      << "free at 122, just when it asks";
  EXPECT_EQ(bench.rmu.statistics().table.wait_cycles, 6u);
}

TEST(OwnershipEntry, EveryEntryReadsBackAsWritten) {
  for (const State state :
       {State::invalid, State::clean, State::valid, State::rmu_private, State::scrub}) {
    for (const Sharing sharing : {Sharing::exclusive, Sharing::shared_read_only, Sharing::shared}) {
      const Entry entry{.state = state,
                        .sharing = sharing,
                        .owner = 0xABCD,
                        .order = 18,
                        .busy = true,
                        .member = false,
                        .mapped_any = false,
                        .mapped = mapped_mask};
      EXPECT_EQ(decode(rights_word(entry), mapping_word(entry)), entry);
    }
  }
  EXPECT_EQ(decode(0, 0), Entry{});
  EXPECT_EQ(rights_word({.state = State::valid, .owner = 5, .order = 9}), 0x5'0902u);
}

TEST(RmuConfig, ConstraintsNameWhatIsAllowed) {
  class Collect final : public ParameterVisitor {
   public:
    std::vector<std::string> broken;
    unsigned parameters = 0;
    void enter(std::string_view, std::string_view) override {}
    void leave() override {}
    void require(bool holds, std::string_view allowed) override {
      if (!holds) broken.emplace_back(allowed);
    }

   protected:
    void visit_integer(const ParameterLabel&, std::uint64_t& value, IntegerRange range) override {
      ++parameters;
      EXPECT_TRUE(value >= range.min && value <= range.max);
    }
    void visit_real(const ParameterLabel&, double&, RealRange) override { ++parameters; }
    void visit_flag(const ParameterLabel&, bool&) override { ++parameters; }
    void visit_choice(const ParameterLabel&, unsigned&,
                      std::span<const std::string_view>) override {
      ++parameters;
    }
    void visit_text(const ParameterLabel&, std::string&) override { ++parameters; }
  };
  RmuConfig config;
  Collect defaults;
  config.visit(defaults);
  EXPECT_TRUE(defaults.broken.empty());
  EXPECT_EQ(defaults.parameters, 17u);
  config.table_base = 32;
  config.memory_base = page_bytes;
  config.memory_bytes += 1;
  config.replacement = Replacement::tree_plru;
  config.cache_lines = 24;
  Collect wrong;
  config.visit(wrong);
  EXPECT_EQ(wrong.broken.size(), 4u);
}

}  // namespace
}  // namespace kilburn::rmu::testing
