// Ownership of what a hart reaches: accesses that are not translated, and the realm of those that
// are. spec 03: every access of a hart is checked; behaviours 7 and 8.
#include <gtest/gtest.h>

#include "riscv/assembler.h"
#include "riscv/hart_world.h"
#include "riscv/owners.h"

namespace kilburn::riscv {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

constexpr Address handler = ram_base + 0x1000;
constexpr Address program = ram_base + 0x2000;
constexpr Address frames = ram_base + 0x10000;
constexpr std::uint16_t mstatus = 0x300;
constexpr std::uint16_t mtvec = 0x305;
constexpr std::uint16_t mepc = 0x341;
constexpr std::uint16_t mcause = 0x342;
constexpr std::uint16_t mtval = 0x343;
constexpr std::uint16_t satp = 0x180;
constexpr std::uint16_t pmpcfg0 = 0x3A0;
constexpr std::uint16_t pmpaddr0 = 0x3B0;
constexpr std::uint16_t mlrealm = 0x7C0;
constexpr std::uint64_t mprv_as_supervisor = 1u << 17 | 1u << 11;
constexpr std::uint16_t ours = 5;
constexpr std::uint16_t theirs = 7;

/// Code runs in machine mode; with MPRV its loads and stores are a supervisor's, bare unless a test
/// writes satp.
class OwnershipTest : public ::testing::TestWithParam<bool> {
 protected:
  WorldConfig config() {
    WorldConfig config;
    config.hart.fast_path = GetParam();
    config.ownership = &owners_;
    return config;
  }
  OwnershipTest() : world_(config()), hart_(world_.hart()) {
    world_.load(handler, {plain(Op::wfi), jal(0, -4)});
    hart_.set_csr(mtvec, handler);
    hart_.set_csr(pmpaddr0, ~std::uint64_t{0});
    hart_.set_csr(pmpcfg0, 0x1F);
    hart_.set_csr(mlrealm, ours);
    hart_.set_x(5, frames);
  }
  /// Returns the cause of the trap, 0 for none.
  std::uint64_t run(Code code, std::uint64_t status = mprv_as_supervisor) {
    code.push_back(plain(Op::wfi));
    world_.load(program, code);
    world_.main_memory.written(program, 4 * code.size());
    hart_.set_csr(mcause, 0);
    hart_.set_csr(mstatus, status);
    hart_.set_pc(program);
    EXPECT_EQ(hart_.run(hart_.cycles() + 100000), RunEnd::waiting);
    return csr_value(mcause);
  }
  std::uint64_t csr_value(std::uint16_t number) { return hart_.csr(number).value(); }
  /// As the RMU does when rights narrow.
  void invalidate(Address address) {
    EXPECT_TRUE(
        world_.invalidator
            .invalidate(
                {.operation = Invalidation::Operation::by_frame, .pfn = address >> page_shift}, 0)
            .ok);
  }

  Owners owners_;
  World world_;
  Hart& hart_;
};

TEST_P(OwnershipTest, AnUntranslatedAccessWithoutRightIsAnAccessFault) {  // spec 03 behaviour 8
  struct Case {
    std::uint32_t instruction;
    std::uint64_t cause;
  };
  const Case cases[] = {{i(Op::lw, 6, 5, 0), 5},       {store(Op::sd, 5, 5, 0), 7},
                        {r(Op::amoadd_w, 6, 5, 5), 7}, {r(Op::lr_d, 6, 5), 5},
                        {r(Op::sc_d, 6, 5, 5), 7},     {i(Op::fld, 6, 5, 0), 5}};
  const std::uint64_t fs = 1u << 13;
  for (const auto& [instruction, cause] : cases) {
    SCOPED_TRACE(std::to_string(instruction));
    owners_.give(frames, theirs);
    EXPECT_EQ(run({instruction}, mprv_as_supervisor | fs), cause);
    EXPECT_EQ(csr_value(mtval), frames);
    EXPECT_EQ(csr_value(mepc), program);
    EXPECT_EQ(run({instruction}, fs), cause) << "machine mode is realm 0";
    EXPECT_EQ(world_.memory.get<std::uint64_t>(frames), 0u);
    owners_.open(frames);
    EXPECT_EQ(run({instruction}, mprv_as_supervisor | fs), 0u);
    invalidate(frames);
    world_.memory.set<std::uint64_t>(frames, 0);
  }
}

TEST_P(OwnershipTest, AnUntranslatedFetchWithoutRightIsAnAccessFault) {
  world_.load(frames, {i(Op::addi, 6, 6, 1), r(Op::jalr, 0, 1)});
  const Code call = {i(Op::addi, 6, 0, 0), i(Op::jalr, 1, 5, 0)};
  EXPECT_EQ(run(call, 0), 0u);
  EXPECT_EQ(hart_.x(6), 1u);
  owners_.give(frames, ours);
  invalidate(frames);
  EXPECT_EQ(run(call, 0), 1u);
  EXPECT_EQ(csr_value(mtval), frames);
  EXPECT_EQ(csr_value(mepc), frames);
  EXPECT_EQ(hart_.x(6), 0u);
}

TEST_P(OwnershipTest, SupervisorModeFetchesWithItsRealm) {
  world_.load(frames, {i(Op::addi, 6, 6, 1), plain(Op::ecall)});
  owners_.give(frames, ours);
  const Code enter = {i(Op::addi, 6, 0, 0), csr(Op::csrrw, 0, mepc, 5), plain(Op::mret)};
  const std::uint64_t to_supervisor = 1u << 11;
  EXPECT_EQ(run(enter, to_supervisor), 9u);
  EXPECT_EQ(hart_.x(6), 1u);
  hart_.set_csr(mlrealm, theirs);
  EXPECT_EQ(run(enter, to_supervisor), 1u);
  EXPECT_EQ(csr_value(mtval), frames);
  EXPECT_EQ(hart_.x(6), 0u);
}

TEST_P(OwnershipTest, AnInstructionAcrossGranulesNeedsBoth) {
  const Address last = frames + page_bytes - 2;
  const std::uint32_t word = i(Op::addi, 6, 6, 1);
  world_.memory.set(last, static_cast<std::uint16_t>(word));
  world_.memory.set(last + 2, static_cast<std::uint16_t>(word >> 16));
  hart_.set_x(5, last);
  owners_.give(frames + page_bytes, theirs);
  EXPECT_EQ(run({i(Op::jalr, 1, 5, 0)}, 0), 1u);
  EXPECT_EQ(csr_value(mepc), last);
  EXPECT_EQ(csr_value(mtval), last + 2);
}

TEST_P(OwnershipTest, AWriteOfMlrealmActsOnTheNextAccess) {
  owners_.give(frames, ours);
  hart_.set_x(6, ours);
  hart_.set_x(7, theirs);
  const Code code = {i(Op::lw, 8, 5, 0),             // with our realm
                     i(Op::lw, 8, 5, 8),             // through a window
                     csr(Op::csrrw, 0, mlrealm, 7),  // their realm
                     csr(Op::csrrw, 9, mlrealm, 6),  // and back
                     store(Op::sw, 6, 5, 4),
                     csr(Op::csrrw, 0, mlrealm, 7),
                     i(Op::lw, 8, 5, 4)};
  EXPECT_EQ(run(code), 5u);
  EXPECT_EQ(csr_value(mepc), program + 4 * 6);
  EXPECT_EQ(hart_.x(9), theirs);
  EXPECT_EQ(world_.memory.get<std::uint32_t>(frames + 4), ours);
}

TEST_P(OwnershipTest, MachineModeIsRealm0WhateverMlrealmSays) {
  owners_.give(frames, 0);
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0)}, 0), 0u);
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0)}, mprv_as_supervisor), 5u);
  const std::uint64_t mprv_as_machine = 1u << 17 | 3u << 11;
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0)}, mprv_as_machine), 0u);
}

TEST_P(OwnershipTest, AMisalignedAccessAcrossGranulesNeedsBoth) {
  owners_.give(frames + page_bytes, theirs);
  hart_.set_x(5, frames + page_bytes);
  hart_.set_x(6, ~std::uint64_t{0});
  EXPECT_EQ(run({i(Op::ld, 7, 5, -4)}), 5u);
  EXPECT_EQ(csr_value(mtval), frames + page_bytes);
  EXPECT_EQ(run({i(Op::ld, 7, 5, -8), store(Op::sd, 6, 5, -4)}), 7u);
  EXPECT_EQ(csr_value(mtval), frames + page_bytes);
  EXPECT_EQ(world_.memory.get<std::uint32_t>(frames + page_bytes - 4), 0u);
  owners_.open(frames + page_bytes);
  EXPECT_EQ(run({store(Op::sd, 6, 5, -4)}), 0u);
  EXPECT_EQ(world_.memory.get<std::uint64_t>(frames + page_bytes - 4), ~std::uint64_t{0});
}

TEST_P(OwnershipTest, AVerdictIsKeptUntilItIsInvalidated) {  // spec 03 behaviour 7
  const Code code = {i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 8), store(Op::sw, 6, 5, 0)};
  EXPECT_EQ(run(code), 0u);
  const std::uint64_t checks = owners_.checks;
  EXPECT_EQ(run(code), 0u);
  EXPECT_EQ(owners_.checks, checks) << "the verdict is kept";
  owners_.give(frames, theirs);
  invalidate(frames + page_bytes);
  EXPECT_EQ(run(code), 0u) << "another frame was invalidated";
  invalidate(frames);
  EXPECT_EQ(run(code), 5u);
  EXPECT_EQ(csr_value(mepc), program);
  owners_.open(frames);
  EXPECT_EQ(run(code), 0u);
  owners_.give(frames, theirs);
  Invalidation realm{.operation = Invalidation::Operation::by_realm};
  realm.context.realm = theirs;
  ASSERT_TRUE(world_.invalidator.invalidate(realm, 0).ok);
  EXPECT_EQ(run(code), 0u);
  realm.context.realm = ours;
  ASSERT_TRUE(world_.invalidator.invalidate(realm, 0).ok);
  EXPECT_EQ(run(code), 5u);
}

TEST_P(OwnershipTest, AnInvalidationInsideALargeVerdictDropsIt) {
  owners_.order = 2;
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0)}), 0u);
  const std::uint64_t checks = owners_.checks;
  hart_.set_x(5, frames + 3 * page_bytes);
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0)}), 0u);
  EXPECT_EQ(owners_.checks, checks) << "four frames, one verdict";
  owners_.give(frames, theirs);
  invalidate(frames + 2 * page_bytes);
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0)}), 5u);
}

TEST_P(OwnershipTest, FrameThatMayOnlyBeReadDeniesTheStoreBehindAWindow) {
  owners_.give(frames, ours, Right::read);
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 0), store(Op::sw, 5, 5, 0)}), 7u);
  EXPECT_EQ(csr_value(mepc), program + 8);
  EXPECT_EQ(run({r(Op::amoadd_w, 6, 5, 5)}), 7u);
  EXPECT_EQ(run({r(Op::lr_w, 6, 5)}), 0u);
  EXPECT_EQ(world_.memory.get<std::uint32_t>(frames), 0u);
}

TEST_P(OwnershipTest, ATransientVerdictServesOneAccess) {
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0)}), 0u);
  invalidate(frames);
  owners_.transient = true;
  const std::uint64_t before = owners_.checks;
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 0)}), 0u);
  EXPECT_EQ(owners_.checks - before, 3u);
}

TEST_P(OwnershipTest, ACheckTakesItsTimeAndAVerdictThatIsKeptNone) {
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0)}), 0u);  // the code's verdict
  invalidate(frames);
  owners_.latency = 40;
  Cycles start = hart_.cycles();
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 0)}), 0u);
  EXPECT_EQ(hart_.cycles() - start, 3 + 40u);
  start = hart_.cycles();
  EXPECT_EQ(run({i(Op::lw, 6, 5, 0), i(Op::lw, 6, 5, 0)}), 0u);
  EXPECT_EQ(hart_.cycles() - start, 3u);
}

TEST_P(OwnershipTest, ATranslationBelongsToItsRealm) {
  WorldTables tables(world_.memory);
  constexpr Address va = 0x40'0000;
  tables.map(va, frames, rwx);
  hart_.set_csr(satp, std::uint64_t{8} << 60 | tables.root());
  hart_.set_x(5, va);
  hart_.set_x(7, theirs);
  owners_.give(frames, ours);
  const Code code = {i(Op::lw, 8, 5, 0), i(Op::lw, 8, 5, 0), csr(Op::csrrw, 0, mlrealm, 7),
                     i(Op::lw, 8, 5, 0)};
  EXPECT_EQ(run(code), 5u);
  EXPECT_EQ(csr_value(mepc), program + 12);
  EXPECT_EQ(csr_value(mtval), va);
}

TEST_P(OwnershipTest, AWalkReadsTablesWithTheRealmOfItsAccess) {
  WorldTables tables(world_.memory);
  constexpr Address va = 0x40'0000;
  tables.map(va, frames, rwx);
  hart_.set_csr(satp, std::uint64_t{8} << 60 | tables.root());
  hart_.set_x(5, va);
  owners_.give(tables.root() << page_shift, theirs);
  EXPECT_EQ(run({i(Op::lw, 8, 5, 0)}), 5u);
  hart_.set_csr(mlrealm, theirs);
  EXPECT_EQ(run({i(Op::lw, 8, 5, 0)}), 0u);
}

TEST_P(OwnershipTest, ResetMakesEverythingRealm0) {
  hart_.reset();
  EXPECT_EQ(csr_value(mlrealm), 0u);
}

INSTANTIATE_TEST_SUITE_P(Paths, OwnershipTest, ::testing::Values(true, false),
                         [](const auto& path) { return path.param ? "Fast" : "OneByOne"; });

}  // namespace
}  // namespace kilburn::riscv
