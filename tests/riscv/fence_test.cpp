// Fences: which invalidation each of them asks for, and that it is waited for.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "riscv/assembler.h"
#include "riscv/hart_world.h"

namespace kilburn::riscv {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

using Kind = Invalidation::Operation;

class Recorder final : public Invalidator {
 public:
  InvalidateResult invalidate(const Invalidation& invalidation, Cycles now) override {
    last = invalidation;
    at = now;
    ++count;
    return result;
  }
  Invalidation last;
  Cycles at = 0;
  unsigned count = 0;
  InvalidateResult result{.ok = true, .cycles = 30, .missing = {}};
};

class FenceTest : public ::testing::Test {
 protected:
  static WorldConfig config() {
    WorldConfig config;
    config.hart.harts = 2;
    return config;
  }
  FenceTest()
      : world_(config()),
        hart_(config().hart, 1,
              {.mmu = *world_.mmus[1],
               .bus = world_.memory,
               .memory = world_.main_memory,
               .invalidator = invalidator_},
              world_.time) {
    hart_.set_x(5, 0x7654'3210);
    hart_.set_x(6, 0x1'0007);
  }
  Invalidation fence(Op operation, unsigned rs1, unsigned rs2) {
    return fence(hart_, operation, rs1, rs2);
  }
  Invalidation fence(Hart& hart, Op operation, unsigned rs1, unsigned rs2) {
    world_.load(ram_base, {r(operation, 0, rs1, rs2), plain(Op::wfi)});
    world_.main_memory.written(ram_base, 8);
    hart.set_pc(ram_base);
    EXPECT_EQ(hart.run(hart.cycles() + 1000), RunEnd::waiting);
    return invalidator_.last;
  }
  World world_;
  Recorder invalidator_;
  Hart hart_;
};

TEST_F(FenceTest, SfenceVmaNamesItsPagesByWhatItIsGiven) {
  const HartContexts contexts = hart_.control().contexts();
  for (const Op operation : {Op::sfence_vma, Op::sinval_vma}) {
    const Invalidation whole = fence(operation, 0, 0);
    EXPECT_EQ(whole.operation, Kind::by_vmid);
    EXPECT_EQ(whole.context.vmid, contexts.host());
    const Invalidation space = fence(operation, 0, 6);
    EXPECT_EQ(space.operation, Kind::by_asid);
    EXPECT_EQ(space.context.asid, 7);  // ASIDLEN is 16
    const Invalidation page = fence(operation, 5, 0);
    EXPECT_EQ(page.operation, Kind::by_va);
    EXPECT_EQ(page.vpn, 0x76543u);
    EXPECT_EQ(page.pages, 1u);
    const Invalidation both = fence(operation, 5, 6);
    EXPECT_EQ(both.operation, Kind::by_va_asid);
    EXPECT_EQ(both.vpn, 0x76543u);
    EXPECT_EQ(both.context.asid, 7);
  }
}

TEST_F(FenceTest, WithAnAddressOnlyTheLeafIsOrderedOrByParameterTheWholePath) {
  HartConfig path_config = config().hart;
  path_config.fence_va = FenceVa::path;
  Hart path_hart(path_config, 1,
                 {.mmu = *world_.mmus[1],
                  .bus = world_.memory,
                  .memory = world_.main_memory,
                  .invalidator = invalidator_},
                 world_.time);
  for (const Op operation : {Op::sfence_vma, Op::sinval_vma, Op::hfence_vvma, Op::hinval_vvma}) {
    for (const unsigned rs2 : {0u, 6u}) {
      EXPECT_TRUE(fence(operation, 5, rs2).last_level);
      EXPECT_FALSE(fence(operation, 0, rs2).last_level) << "every level is ordered";
      EXPECT_FALSE(fence(path_hart, operation, 5, rs2).last_level);
      EXPECT_FALSE(fence(path_hart, operation, 0, rs2).last_level);
    }
  }
  // HFENCE.GVMA orders all implicit reads of the G-stage, whatever its rs1 says.
  for (const Op operation : {Op::hfence_gvma, Op::hinval_gvma}) {
    for (const unsigned rs1 : {0u, 5u}) EXPECT_FALSE(fence(operation, rs1, 6).last_level);
  }
}

TEST_F(FenceTest, HartsAreKeptApartByTheirVmids) {
  const Invalidation whole = fence(Op::sfence_vma, 0, 0);
  EXPECT_NE(whole.context.vmid, world_.hart(0).control().contexts().host());
}

TEST_F(FenceTest, HfenceVvmaIsOfTheGuestOfHgatp) {
  constexpr std::uint16_t hgatp = 0x680;
  ASSERT_TRUE(hart_.set_csr(hgatp, std::uint64_t{3} << 44));
  const HartContexts contexts = hart_.control().contexts();
  const Invalidation both = fence(Op::hfence_vvma, 5, 6);
  EXPECT_EQ(both.operation, Kind::by_va_asid);
  EXPECT_EQ(both.context.vmid, contexts.guest(3));
  EXPECT_EQ(fence(Op::hinval_vvma, 0, 0).operation, Kind::by_vmid);
}

TEST_F(FenceTest, HfenceGvmaNamesGuestPhysicalPages) {
  const HartContexts contexts = hart_.control().contexts();
  const Invalidation page = fence(Op::hfence_gvma, 5, 6);
  EXPECT_EQ(page.operation, Kind::by_guest_frame);
  EXPECT_EQ(page.vpn, (Address{0x7654'3210} << 2) >> page_shift);
  // The last of two: the guest itself, then what it held while its own paging was off.
  EXPECT_EQ(page.context.vmid, contexts.bare_guest(7));
  EXPECT_EQ(invalidator_.count, 2u);
  EXPECT_EQ(fence(Op::hfence_gvma, 0, 6).operation, Kind::by_vmid);
  EXPECT_EQ(fence(Op::hfence_gvma, 0, 0).operation, Kind::all);
}

TEST_F(FenceTest, TheHartWaitsForTheAcknowledgements) {
  const Cycles before = hart_.cycles();
  fence(Op::sfence_vma, 0, 0);
  EXPECT_EQ(hart_.cycles() - before, 30u + 2);
  fence(Op::sfence_w_inval, 0, 0);
  fence(Op::sfence_inval_ir, 0, 0);
  EXPECT_EQ(invalidator_.count, 1u);
}

TEST_F(FenceTest, AFenceThatIsNotAcknowledgedStopsTheHart) {
  invalidator_.result = {.ok = false, .cycles = 30, .missing = {"nic"}};
  world_.load(ram_base, {r(Op::sfence_vma, 0, 0, 0)});
  EXPECT_EQ(hart_.run(1000), RunEnd::stuck);
  ASSERT_TRUE(hart_.failure());
  EXPECT_NE(hart_.failure()->reason.find("nic"), std::string::npos);
}

TEST_F(FenceTest, AUserMayNot) {
  constexpr std::uint16_t mtvec = 0x305;
  constexpr std::uint16_t mcause = 0x342;
  constexpr std::uint16_t mepc = 0x341;
  hart_.set_csr(0x3B0, ~std::uint64_t{0});
  hart_.set_csr(0x3A0, 0x1F);
  hart_.set_csr(mtvec, ram_base + 0x100);
  hart_.set_csr(mepc, ram_base + 4);
  world_.load(ram_base, {plain(Op::mret), r(Op::sfence_vma, 0, 0, 0)});
  world_.load(ram_base + 0x100, {plain(Op::wfi)});
  EXPECT_EQ(hart_.run(1000), RunEnd::waiting);
  EXPECT_EQ(hart_.csr(mcause), 2u);
  EXPECT_EQ(invalidator_.count, 0u);
}

/// A page table that changes without a fence may be seen late, with one it may not.
TEST(Fence, WhatItInvalidatesIsWalkedAnew) {
  World world;
  WorldTables tables(world.memory);
  Hart& hart = world.hart();
  constexpr Address va = 0x40'0000;
  const Address first = ram_base + 0x10000;
  const Address second = ram_base + 0x11000;
  world.memory.set<std::uint64_t>(first, 1);
  world.memory.set<std::uint64_t>(second, 2);
  tables.map(va, first, rwx);
  hart.set_csr(0x3B0, ~std::uint64_t{0});
  hart.set_csr(0x3A0, 0x1F);
  hart.set_csr(0x180, std::uint64_t{8} << 60 | tables.root());
  hart.set_csr(0x300, 1u << 17 | 1u << 11);  // MPRV, MPP = S
  hart.set_x(5, va);
  hart.set_x(6, tables.leaf());
  hart.set_x(7, pte::make(second >> page_shift, rwx));
  // The page tables are written with MPRV off.
  hart.set_x(8, 1u << 17);
  world.load(ram_base, {i(Op::ld, 10, 5, 0), csr(Op::csrrc, 0, 0x300, 8), store(Op::sd, 7, 6, 0),
                        csr(Op::csrrs, 0, 0x300, 8), i(Op::ld, 11, 5, 0),
                        r(Op::sfence_vma, 0, 5, 0), i(Op::ld, 12, 5, 0), plain(Op::wfi)});
  EXPECT_EQ(hart.run(10000), RunEnd::waiting);
  EXPECT_EQ(hart.x(10), 1u);
  EXPECT_EQ(hart.x(11), 1u);
  EXPECT_EQ(hart.x(12), 2u);
}

/// A pointer that changes: `fence` behind it, then a load by the old or the new table.
class PointerFence : public ::testing::TestWithParam<page_table_cache::Organisation> {
 protected:
  /// What a load reads that follows the change of the level-1 pointer and a fence: 1 through the
  /// old table, 2 through the new one.
  static std::uint64_t loads_after(FenceVa fence_va, Op fence, unsigned rs1, unsigned rs2) {
    WorldConfig config;
    config.hart.fence_va = fence_va;
    config.service.page_table_cache.organisation = GetParam();
    World world(config);
    WorldTables tables(world.memory);
    Hart& hart = world.hart();
    constexpr Address va = 0x40'0000;
    constexpr Address other = va + (Address{1} << 21);
    const Address first = ram_base + 0x10000;
    const Address second = ram_base + 0x11000;
    world.memory.set<std::uint64_t>(first, 1);
    world.memory.set<std::uint64_t>(second, 2);
    tables.map(va, first, rwx);
    tables.map(other, second, rwx);
    hart.set_csr(0x3B0, ~std::uint64_t{0});
    hart.set_csr(0x3A0, 0x1F);
    hart.set_csr(0x180, std::uint64_t{8} << 60 | tables.root());
    hart.set_csr(0x300, 1u << 17 | 1u << 11);  // MPRV, MPP = S
    hart.set_x(5, va);
    hart.set_x(6, tables.slot(va, 1));
    hart.set_x(7, world.memory.get<std::uint64_t>(tables.slot(other, 1)));
    hart.set_x(8, 1u << 17);
    world.load(ram_base, {i(Op::ld, 10, 5, 0), csr(Op::csrrc, 0, 0x300, 8), store(Op::sd, 7, 6, 0),
                          csr(Op::csrrs, 0, 0x300, 8), r(fence, 0, rs1, rs2), i(Op::ld, 11, 5, 0),
                          plain(Op::wfi)});
    EXPECT_EQ(hart.run(10000), RunEnd::waiting);
    EXPECT_EQ(hart.x(10), 1u);
    return hart.x(11);
  }
};

TEST_P(PointerFence, AFenceByAddressMayLeaveTheOldPointerInUse) {
  EXPECT_EQ(loads_after(FenceVa::leaf, Op::sfence_vma, 5, 0), 1u);
  EXPECT_EQ(loads_after(FenceVa::leaf, Op::sfence_vma, 5, 9), 1u);
  EXPECT_EQ(loads_after(FenceVa::leaf, Op::sinval_vma, 5, 0), 1u);
}

TEST_P(PointerFence, AFenceByAddressEndsTheOldPointerWhereThePathIsOrdered) {
  EXPECT_EQ(loads_after(FenceVa::path, Op::sfence_vma, 5, 0), 2u);
  EXPECT_EQ(loads_after(FenceVa::path, Op::sfence_vma, 5, 9), 2u);
  EXPECT_EQ(loads_after(FenceVa::path, Op::sinval_vma, 5, 0), 2u);
}

TEST_P(PointerFence, AFenceWithoutAnAddressAlwaysEndsTheOldPointer) {
  for (const FenceVa fence_va : {FenceVa::leaf, FenceVa::path}) {
    EXPECT_EQ(loads_after(fence_va, Op::sfence_vma, 0, 0), 2u);
    EXPECT_EQ(loads_after(fence_va, Op::sfence_vma, 0, 9), 2u) << "x9 holds ASID 0, the hart's";
  }
}

std::string name_of(page_table_cache::Organisation organisation) {
  using enum page_table_cache::Organisation;
  return organisation == physical      ? "physical"
         : organisation == translation ? "translation"
                                       : "path";
}

INSTANTIATE_TEST_SUITE_P(WalkCaches, PointerFence,
                         ::testing::Values(page_table_cache::Organisation::physical,
                                           page_table_cache::Organisation::translation,
                                           page_table_cache::Organisation::translation_path),
                         [](const auto& test) { return name_of(test.param); });

/// As an ownership change does: nobody asks the hart.
TEST(Fence, AnInvalidationFromOutsideIsHeededByTheNextAccessAndTheNextFetch) {
  World world;
  WorldTables tables(world.memory);
  Hart& hart = world.hart();
  constexpr Address code = 0x40'0000;
  constexpr Address data = 0x50'0000;
  const Address frames = ram_base + 0x10000;
  // A loop that adds what it loads.
  world.load(frames, {i(Op::ld, 10, 5, 0), r(Op::add, 11, 11, 10), jal(0, -8)});
  world.load(frames + page_bytes, {i(Op::ld, 10, 5, 0), r(Op::sub, 11, 11, 10), jal(0, -8)});
  world.memory.set<std::uint64_t>(frames + 2 * page_bytes, 1);
  world.memory.set<std::uint64_t>(frames + 3 * page_bytes, 100);
  tables.map(code, frames, rwx);
  const Address code_leaf = tables.leaf();
  tables.map(data, frames + 2 * page_bytes, rwx);
  const Address data_leaf = tables.leaf();
  hart.set_csr(0x3B0, ~std::uint64_t{0});
  hart.set_csr(0x3A0, 0x1F);
  hart.set_csr(0x180, std::uint64_t{8} << 60 | tables.root());
  hart.set_csr(0x300, 1u << 11);  // MPP = S
  hart.set_csr(0x341, code);
  hart.set_x(5, data);
  world.load(ram_base, {plain(Op::mret)});
  hart.run(200);
  EXPECT_GT(hart.x(11), 0u);
  EXPECT_EQ(hart.x(10), 1u);

  world.memory.set(data_leaf, pte::make((frames >> page_shift) + 3, rwx));
  world.memory.set(code_leaf, pte::make((frames >> page_shift) + 1, rwx));
  world.invalidator.invalidate({.operation = Kind::all}, hart.cycles());
  hart.set_x(11, 0);
  hart.set_pc(code);
  hart.run(hart.cycles() + 200);
  EXPECT_EQ(hart.x(10), 100u);
  EXPECT_GT(hart.x(11), std::uint64_t{1} << 63);  // it subtracts
}

}  // namespace
}  // namespace kilburn::riscv
