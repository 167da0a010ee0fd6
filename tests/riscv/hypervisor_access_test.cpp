// hlv, hlvx and hsv: loads and stores by the guest's two stages of translation.
#include <gtest/gtest.h>

#include "riscv/guest_test.h"

namespace kilburn::riscv {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

using HypervisorAccessTest = GuestTest;

TEST_P(HypervisorAccessTest, LoadsExtendAndStoresKeepTheirWidth) {
  world_.memory.set<std::uint64_t>(page, 0x8182'8384'8586'8788);
  const auto loaded = [&](Op operation) {
    run(r(operation, 7, 5));
    EXPECT_EQ(csr_value(mcause), 0u);
    return hart_.x(7);
  };
  EXPECT_EQ(loaded(Op::hlv_b), 0xFFFF'FFFF'FFFF'FF88);
  EXPECT_EQ(loaded(Op::hlv_bu), 0x88u);
  EXPECT_EQ(loaded(Op::hlv_h), 0xFFFF'FFFF'FFFF'8788);
  EXPECT_EQ(loaded(Op::hlv_hu), 0x8788u);
  EXPECT_EQ(loaded(Op::hlvx_hu), 0x8788u);
  EXPECT_EQ(loaded(Op::hlv_w), 0xFFFF'FFFF'8586'8788);
  EXPECT_EQ(loaded(Op::hlv_wu), 0x8586'8788u);
  EXPECT_EQ(loaded(Op::hlvx_wu), 0x8586'8788u);
  EXPECT_EQ(loaded(Op::hlv_d), 0x8182'8384'8586'8788);
  hart_.set_x(6, 0x1122'3344'5566'7799);
  run(r(Op::hsv_h, 0, 5, 6));
  EXPECT_EQ(world_.memory.get<std::uint64_t>(page), 0x8182'8384'8586'7799);
  run(r(Op::hsv_d, 0, 5, 6));
  EXPECT_EQ(world_.memory.get<std::uint64_t>(page), 0x1122'3344'5566'7799u);
}

TEST_P(HypervisorAccessTest, HlvxNeedsExecuteAndNotReadPermission) {
  map(pte::valid | pte::execute | pte::accessed);
  run(r(Op::hlvx_hu, 7, 5));
  EXPECT_EQ(csr_value(mcause), 0u);
  run(r(Op::hlv_hu, 7, 5));
  EXPECT_EQ(csr_value(mcause), 13u);
}

TEST_P(HypervisorAccessTest, HlvxOfAPageThatIsOnlyReadableIsAPageFault) {
  map(pte::valid | pte::read | pte::accessed);
  run(r(Op::hlv_hu, 7, 5));
  EXPECT_EQ(csr_value(mcause), 0u);
  run(r(Op::hlvx_hu, 7, 5));
  EXPECT_EQ(csr_value(mcause), 13u);
  EXPECT_EQ(csr_value(mtval), va);
}

TEST_P(HypervisorAccessTest, AGuestPageFaultTellsBothAddresses) {
  world_.memory.set<std::uint64_t>(guest_leaf_, 0);
  hart_.set_x(5, va + 0x123);
  run(r(Op::hlv_b, 7, 5));
  EXPECT_EQ(csr_value(mcause), 21u);
  EXPECT_EQ(csr_value(mtval), va + 0x123);
  EXPECT_EQ(csr_value(mtval2), (guest_page + 0x123) >> 2);
  run(r(Op::hsv_b, 0, 5, 7));
  EXPECT_EQ(csr_value(mcause), 23u);
}

// Privileged Architecture 1.13, Svadu: menvcfg.ADUE is the G-stage's, henvcfg.ADUE VS-mode's.
TEST_P(HypervisorAccessTest, AdueSaysForEachStageWhoSetsAAndD) {
  constexpr std::uint16_t menvcfg = 0x30A;
  constexpr std::uint16_t henvcfg = 0x60A;
  constexpr std::uint64_t adue = std::uint64_t{1} << 61;
  constexpr std::uint64_t clean = pte::valid | pte::read | pte::write;
  const auto accessed = [](std::uint64_t descriptor) { return (descriptor & pte::accessed) != 0; };
  const auto load = [&](std::uint64_t machine, std::uint64_t host) {
    hart_.set_csr(menvcfg, machine);
    hart_.set_csr(henvcfg, host);
    map(clean);
    world_.memory.set(guest_leaf_, pte::make(page >> page_shift, clean | pte::user));
    run(plain(Op::hfence_gvma));
    run(plain(Op::hfence_vvma));
    run(r(Op::hlv_d, 7, 5));
    return csr_value(mcause);
  };
  EXPECT_EQ(load(adue, adue), 0u);
  EXPECT_TRUE(accessed(world_.memory.get<std::uint64_t>(leaf_)));
  EXPECT_TRUE(accessed(world_.memory.get<std::uint64_t>(guest_leaf_)));

  EXPECT_EQ(load(adue, 0), 13u) << "a page fault of VS-mode's stage";
  EXPECT_FALSE(accessed(world_.memory.get<std::uint64_t>(leaf_)));

  EXPECT_EQ(load(0, adue), 13u) << "henvcfg.ADUE is read-only zero";
  map(clean | pte::accessed);
  run(r(Op::hlv_d, 7, 5));
  EXPECT_EQ(csr_value(mcause), 21u) << "a guest page fault of the G-stage";
  EXPECT_FALSE(accessed(world_.memory.get<std::uint64_t>(guest_leaf_)));

  // D: a store to a page that was only read.
  EXPECT_EQ(load(adue, adue), 0u);
  hart_.set_csr(henvcfg, 0);
  run(r(Op::hsv_d, 0, 5, 6));
  EXPECT_EQ(csr_value(mcause), 15u);
  hart_.set_csr(henvcfg, adue);
  run(r(Op::hsv_d, 0, 5, 6));
  EXPECT_EQ(csr_value(mcause), 0u);
  EXPECT_NE(world_.memory.get<std::uint64_t>(leaf_) & pte::dirty, 0u);
}

INSTANTIATE_TEST_SUITE_P(Paths, HypervisorAccessTest, ::testing::Values(true, false),
                         [](const auto& path) { return path.param ? "Fast" : "OneByOne"; });

}  // namespace
}  // namespace kilburn::riscv
