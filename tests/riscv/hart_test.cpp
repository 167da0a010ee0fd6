// Traps, interrupts, counters, WFI, and the ends of a run.
#include "riscv/execute/hart.h"

#include <gtest/gtest.h>

#include "riscv/assembler.h"
#include "riscv/hart_world.h"

namespace kilburn::riscv {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

constexpr Address handler = ram_base + 0x1000;
constexpr std::uint16_t mstatus = 0x300;
constexpr std::uint16_t mie = 0x304;
constexpr std::uint16_t mtvec = 0x305;
constexpr std::uint16_t mepc = 0x341;
constexpr std::uint16_t mcause = 0x342;
constexpr std::uint16_t mtval = 0x343;
constexpr std::uint16_t mtinst = 0x34A;
constexpr std::uint64_t interrupt_bit = std::uint64_t{1} << 63;
constexpr Cycles long_enough = 100000;

/// A hart whose handler stays where it is.
class HartTest : public ::testing::TestWithParam<bool> {
 protected:
  static WorldConfig config() {
    WorldConfig config;
    config.hart.reset_vector = ram_base;
    config.hart.fast_path = GetParam();
    return config;
  }
  HartTest() : world_(config()), hart_(world_.hart()) {
    world_.load(handler, {plain(Op::wfi), jal(0, -4)});
    hart_.set_csr(mtvec, handler);
  }
  /// Runs `code` until the handler, or the code, waits.
  RunEnd run(const Code& code) {
    world_.load(ram_base, code);
    world_.main_memory.written(ram_base, 4 * code.size());
    hart_.set_pc(ram_base);
    return hart_.run(hart_.cycles() + long_enough);
  }
  std::uint64_t csr_value(std::uint16_t number) { return hart_.csr(number).value(); }

  World world_;
  Hart& hart_;
};

TEST_P(HartTest, AnIllegalInstructionTellsItsBits) {
  EXPECT_EQ(run({plain(Op::fence), 0xFFFFFFFF}), RunEnd::waiting);
  EXPECT_EQ(csr_value(mcause), 2u);
  EXPECT_EQ(csr_value(mtval), 0xFFFFFFFFu);
  EXPECT_EQ(csr_value(mepc), ram_base + 4);
  run({0x00009C41});  // a reserved compressed encoding
  EXPECT_EQ(csr_value(mtval), 0x9C41u);
}

TEST_P(HartTest, EbreakTellsItsPcAndEcallNoValue) {
  run({plain(Op::fence), plain(Op::ebreak)});
  EXPECT_EQ(csr_value(mcause), 3u);
  EXPECT_EQ(csr_value(mtval), ram_base + 4);
  EXPECT_EQ(csr_value(mepc), ram_base + 4);
  run({plain(Op::fence), plain(Op::ecall)});
  EXPECT_EQ(csr_value(mcause), 11u);
  EXPECT_EQ(csr_value(mtval), 0u);
  EXPECT_EQ(csr_value(mepc), ram_base + 4);
}

TEST_P(HartTest, TheInstructionThatFaultedIsNotToldUnlessAskedFor) {
  hart_.set_x(5, 0x4000'0000);
  run({i(Op::ld, 1, 5, 0)});
  EXPECT_EQ(csr_value(mcause), 5u);
  EXPECT_EQ(csr_value(mtinst), 0u);
}

TEST_P(HartTest, FetchesWhereNothingIsRaiseAnAccessFault) {
  hart_.set_x(5, 0x4000'0000);
  run({i(Op::jalr, 1, 5, 0)});
  EXPECT_EQ(csr_value(mcause), 1u);
  EXPECT_EQ(csr_value(mtval), 0x4000'0000u);
  EXPECT_EQ(csr_value(mepc), 0x4000'0000u);
  EXPECT_EQ(hart_.x(1), ram_base + 4);
}

TEST_P(HartTest, ExceptionsDoNotRetireAndTakeTheTimeOfAnInstruction) {
  run({i(Op::addi, 5, 0, 1), plain(Op::ecall)});
  // addi, ecall, and the handler's wfi.
  EXPECT_EQ(hart_.cycles(), 3u);
  EXPECT_EQ(hart_.instructions(), 2u);
}

TEST_P(HartTest, CountersAreReadAsTheyWereBeforeTheirInstruction) {
  constexpr unsigned cycle = 0xC00;
  constexpr unsigned instret = 0xC02;
  run({csr(Op::csrrs, 5, instret, 0), i(Op::addi, 9, 0, 1), csr(Op::csrrs, 6, instret, 0),
       csr(Op::csrrs, 7, cycle, 0), plain(Op::wfi)});
  EXPECT_EQ(hart_.x(5), 0u);
  EXPECT_EQ(hart_.x(6), 2u);
  EXPECT_EQ(hart_.x(7), 3u);
}

TEST_P(HartTest, TimeIsCyclesScaled) {
  constexpr unsigned time = 0xC01;
  hart_.idle_until(12345);
  run({csr(Op::csrrs, 5, time, 0), plain(Op::wfi)});
  EXPECT_EQ(hart_.x(5), 123u);  // 1 tick is 100 cycles
}

TEST_P(HartTest, TimeIsWhatItWasSetTo) {
  constexpr unsigned time = 0xC01;
  hart_.idle_until(500);
  world_.time.set(1'000'000, 500);
  run({csr(Op::csrrs, 5, time, 0), plain(Op::wfi)});
  EXPECT_EQ(hart_.x(5), 1'000'000u);
  EXPECT_EQ(hart_.cycles(), 502u);
  hart_.idle_until(600);
  run({csr(Op::csrrs, 5, time, 0), plain(Op::wfi)});
  EXPECT_EQ(hart_.x(5), 1'000'001u);
}

TEST_P(HartTest, ATimerComesEarlierOrLaterWhereTimeIsSet) {
  constexpr std::uint16_t menvcfg = 0x30A;
  constexpr std::uint16_t stimecmp = 0x14D;
  ASSERT_TRUE(hart_.set_csr(menvcfg, std::uint64_t{1} << 63));
  ASSERT_TRUE(hart_.set_csr(stimecmp, 50));
  EXPECT_EQ(hart_.next_timer(), 5000u);
  hart_.idle_until(1000);  // 10 ticks
  world_.time.set(40, 1000);
  EXPECT_EQ(hart_.next_timer(), 2000u);
  world_.time.set(0, 1000);
  EXPECT_EQ(hart_.next_timer(), 6000u);
  world_.time.set(50, 1000);
  EXPECT_EQ(hart_.next_timer(), 0u);
}

TEST_P(HartTest, ATimerIsTakenAsSoonAsTimeIsSetToIt) {
  constexpr std::uint16_t menvcfg = 0x30A;
  constexpr std::uint16_t stimecmp = 0x14D;
  constexpr std::uint64_t supervisor_timer = 1u << 5;
  constexpr std::uint64_t machine_interrupts = 1u << 3;
  ASSERT_TRUE(hart_.set_csr(menvcfg, std::uint64_t{1} << 63));
  ASSERT_TRUE(hart_.set_csr(stimecmp, 1'000'000));
  ASSERT_TRUE(hart_.set_csr(mie, supervisor_timer));
  ASSERT_TRUE(hart_.set_csr(mstatus, machine_interrupts));
  world_.load(ram_base, {jal(0, 0)});
  EXPECT_EQ(hart_.run(1000), RunEnd::time);
  world_.time.set(1'000'000, 1000);
  EXPECT_EQ(hart_.run(1001), RunEnd::time);
  EXPECT_EQ(hart_.pc(), handler + 4);  // behind its wfi
  EXPECT_EQ(csr_value(mcause), interrupt_bit | 5);
}

TEST_P(HartTest, AStuckHartGoesOnWhereItIsSet) {
  ASSERT_TRUE(hart_.set_csr(mtvec, 0x40));  // nothing is there
  hart_.set_pc(0x80);
  EXPECT_EQ(hart_.run(long_enough), RunEnd::stuck);
  EXPECT_EQ(hart_.run(long_enough), RunEnd::stuck);
  ASSERT_TRUE(hart_.failure());
  world_.load(ram_base, {i(Op::addi, 5, 0, 7), plain(Op::wfi)});
  hart_.set_pc(ram_base);
  EXPECT_FALSE(hart_.failure());
  EXPECT_EQ(hart_.run(long_enough), RunEnd::waiting);
  EXPECT_EQ(hart_.x(5), 7u);
}

TEST_P(HartTest, RunStopsAtTheFirstBlockBoundaryAtOrBehindItsEnd) {
  world_.load(ram_base, {i(Op::addi, 5, 5, 1), i(Op::addi, 5, 5, 1), jal(0, -8)});
  EXPECT_EQ(hart_.run(7), RunEnd::time);
  EXPECT_EQ(hart_.cycles(), 9u);
  EXPECT_EQ(hart_.run(9), RunEnd::time);
  EXPECT_EQ(hart_.cycles(), 9u);
  EXPECT_EQ(hart_.run(10), RunEnd::time);
  EXPECT_EQ(hart_.cycles(), 12u);
}

TEST_P(HartTest, ABlockHasAtMost32Instructions) {
  world_.load(ram_base, Code(100, i(Op::addi, 5, 5, 1)));
  EXPECT_EQ(hart_.run(1), RunEnd::time);
  EXPECT_EQ(hart_.x(5), 32u);
}

TEST_P(HartTest, ABlockEndsBeforeAnInstructionThatCrossesItsPage) {
  const Address crossing = ram_base + page_bytes - 2;
  const std::uint32_t add = i(Op::addi, 5, 5, 1);
  for (const Address at : {crossing - 8, crossing - 4, crossing, crossing + 4}) {
    world_.memory.set(at, add);
  }
  hart_.set_pc(crossing - 8);
  EXPECT_EQ(hart_.run(1), RunEnd::time);
  EXPECT_EQ(hart_.pc(), crossing);
  EXPECT_EQ(hart_.x(5), 2u);
  EXPECT_EQ(hart_.run(3), RunEnd::time);  // a block of its own
  EXPECT_EQ(hart_.pc(), crossing + 4);
}

TEST_P(HartTest, InterruptsAreTakenBetweenBlocksByPriority) {
  world_.load(ram_base, {i(Op::addi, 5, 5, 1), jal(0, -4)});
  hart_.set_csr(mie, 1u << 7 | 1u << 3);
  hart_.set_csr(mstatus, 1u << 3);
  hart_.set_line(Interrupt::machine_timer, true);
  hart_.set_line(Interrupt::machine_software, true);
  EXPECT_EQ(hart_.run(10), RunEnd::time);  // the handler's wfi finds them pending
  EXPECT_EQ(csr_value(mcause), interrupt_bit | 3);
  EXPECT_EQ(csr_value(mepc), ram_base);
  EXPECT_EQ(hart_.x(5), 0u);
}

TEST_P(HartTest, WfiWaitsForALineAndThenGoesOnBehindIt) {
  hart_.set_csr(mie, 1u << 7);
  EXPECT_EQ(run({plain(Op::wfi), i(Op::addi, 5, 0, 7), plain(Op::wfi)}), RunEnd::waiting);
  EXPECT_EQ(hart_.x(5), 0u);
  EXPECT_EQ(hart_.run(hart_.cycles() + 10), RunEnd::waiting);
  hart_.set_line(Interrupt::machine_software, true);  // not enabled in mie
  EXPECT_EQ(hart_.run(hart_.cycles() + 10), RunEnd::waiting);
  hart_.set_line(Interrupt::machine_timer, true);  // enabled there, but not in mstatus
  EXPECT_EQ(hart_.run(hart_.cycles() + 2), RunEnd::time);
  EXPECT_EQ(hart_.x(5), 7u);
}

TEST_P(HartTest, AnSstcTimerInterruptsAtItsCycle) {
  constexpr std::uint16_t menvcfg = 0x30A;
  constexpr std::uint16_t stimecmp = 0x14D;
  hart_.set_csr(menvcfg, std::uint64_t{1} << 63);
  hart_.set_csr(stimecmp, 5);  // cycle 500
  hart_.set_csr(mie, 1u << 5);
  world_.load(ram_base, {jal(0, 0)});
  hart_.set_csr(mstatus, 1u << 3);
  EXPECT_EQ(hart_.next_timer(), 500u);
  EXPECT_EQ(hart_.run(500), RunEnd::time);
  EXPECT_EQ(csr_value(mcause), 0u);
  EXPECT_EQ(hart_.run(510), RunEnd::time);
  EXPECT_EQ(csr_value(mcause), interrupt_bit | 5);
}

TEST_P(HartTest, AHandlerThatCannotBeFetchedIsReported) {
  hart_.set_csr(mtvec, 0x4000'0000);
  EXPECT_EQ(run({plain(Op::ecall)}), RunEnd::stuck);
  ASSERT_TRUE(hart_.failure());
  EXPECT_EQ(hart_.failure()->pc, 0x4000'0000u);
  EXPECT_EQ(hart_.failure()->hart, 0u);
  EXPECT_EQ(hart_.failure()->cause, Cause::instruction_access);
  EXPECT_EQ(hart_.run(hart_.cycles() + 1), RunEnd::stuck);
}

TEST_P(HartTest, ADeviceMayEndTheSliceBehindItsInstruction) {
  hart_.set_x(5, device_ending_slices);
  EXPECT_EQ(run({store(Op::sw, 0, 5, 0), i(Op::addi, 6, 0, 1), plain(Op::wfi)}), RunEnd::device);
  EXPECT_EQ(hart_.pc(), ram_base + 4);
  EXPECT_EQ(hart_.cycles(), 1 + device_latency);
  EXPECT_EQ(hart_.run(hart_.cycles() + 10), RunEnd::waiting);
  EXPECT_EQ(hart_.x(6), 1u);
}

TEST_P(HartTest, AFloatInstructionIsIllegalWhileTheUnitIsOffAndDirtiesIt) {
  constexpr std::uint64_t fs = 3u << 13;
  const std::uint32_t add = r(Op::fadd_d, 1, 2, 3);
  run({add});
  EXPECT_EQ(csr_value(mcause), 2u);
  EXPECT_EQ(csr_value(mtval), add);
  hart_.set_csr(mstatus, 1u << 13);
  run({r(Op::fmv_x_d, 5, 1), plain(Op::wfi)});
  EXPECT_EQ(csr_value(mstatus) & fs, 1u << 13);
  run({add, plain(Op::wfi)});
  EXPECT_EQ(csr_value(mstatus) & fs, fs);
}

TEST_P(HartTest, ADynamicRoundingModeThatIsReservedIsIllegal) {
  constexpr std::uint16_t frm = 0x002;
  hart_.set_csr(mstatus, 3u << 13);
  hart_.set_csr(frm, 5);
  run({r(Op::fadd_d, 1, 2, 3) | 7u << 12});
  EXPECT_EQ(csr_value(mcause), 2u);
}

TEST_P(HartTest, SinglesThatAreNotBoxedCountAsTheCanonicalNan) {
  hart_.set_csr(mstatus, 3u << 13);
  hart_.set_f(1, 0x3F80'0000);            // 1.0, upper half zero
  hart_.set_f(2, 0xFFFF'FFFF'3F80'0000);  // 1.0
  run({r(Op::fsgnj_s, 3, 1, 1), r(Op::fadd_s, 4, 2, 2), r(Op::fmv_x_w, 5, 1), plain(Op::wfi)});
  EXPECT_EQ(hart_.f(3), 0xFFFF'FFFF'7FC0'0000u);
  EXPECT_EQ(hart_.f(4), 0xFFFF'FFFF'4000'0000u);  // 2.0
  EXPECT_EQ(hart_.x(5), 0x3F80'0000u);            // bits move as they are
}

// --- debugger and semihosting ---

class StopAt final : public Debugger {
 public:
  bool stop_before(Address pc) override { return pc == breakpoint && pc != passed; }
  bool stop_after_access(Address va, unsigned bytes, Access access) override {
    return access == Access::store && watched - va < bytes;
  }
  Address breakpoint = 0;
  Address passed = 0;
  Address watched = 0;
};

TEST_P(HartTest, ADebuggerStopsBeforeAnInstructionAndBehindAWatchedStore) {
  StopAt debugger;
  debugger.breakpoint = ram_base + 4;
  debugger.watched = ram_base + 0x2003;
  hart_.attach(&debugger);
  hart_.set_x(5, ram_base + 0x2000);
  EXPECT_EQ(run({i(Op::addi, 6, 0, 1), i(Op::addi, 6, 6, 1), store(Op::sw, 6, 5, 0),
                 i(Op::addi, 6, 6, 1), plain(Op::wfi)}),
            RunEnd::debugger);
  EXPECT_EQ(hart_.pc(), ram_base + 4);
  EXPECT_EQ(hart_.x(6), 1u);
  debugger.passed = debugger.breakpoint;
  EXPECT_EQ(hart_.run(hart_.cycles() + 100), RunEnd::debugger);
  EXPECT_EQ(hart_.pc(), ram_base + 12);
  EXPECT_EQ(world_.memory.get<std::uint32_t>(ram_base + 0x2000), 2u);
  hart_.attach(nullptr);
  EXPECT_EQ(hart_.run(hart_.cycles() + 100), RunEnd::waiting);
  EXPECT_EQ(hart_.x(6), 3u);
}

TEST_P(HartTest, AnEbreakAmongItsMarksThatNobodyServesIsABreakpoint) {
  run({0x01F01013, plain(Op::ebreak), 0x40705013});
  EXPECT_EQ(csr_value(mcause), 3u);
}

INSTANTIATE_TEST_SUITE_P(Paths, HartTest, ::testing::Values(true, false),
                         [](const auto& path) { return path.param ? "Fast" : "OneByOne"; });

}  // namespace
}  // namespace kilburn::riscv
