// When a hart stops: breakpoints, watchpoints, steps.
#include "platform/gdb/hart_debugger.h"

#include <gtest/gtest.h>

#include <optional>

#include "riscv/assembler.h"
#include "riscv/hart_world.h"

namespace kilburn::gdb {
namespace {

using namespace riscv::test;
using riscv::RunEnd;

constexpr Address data = ram_base + 0x1000;
constexpr Cycles long_enough = 1'000'000;

/// One hart with a debugger attached.
struct Debugged {
  explicit Debugged(const Code& code) {
    world.load(ram_base, code);
    world.hart().attach(&debugger);
  }
  RunEnd go(bool one_step = false) {
    debugger.resume(one_step);
    return world.hart().run(world.hart().cycles() + long_enough);
  }
  [[nodiscard]] Address offset() { return world.hart().pc() - ram_base; }

  World world;
  HartDebugger debugger;
};

const Code counting = {i(Op::addi, 5, 5, 1), i(Op::addi, 6, 6, 1), jal(0, -8)};

TEST(GdbHartDebugger, AHartIsHaltedAtFirst) {
  Debugged d(counting);
  EXPECT_EQ(d.world.hart().run(100), RunEnd::debugger);
  EXPECT_EQ(d.offset(), 0u);
  EXPECT_EQ(d.world.hart().instructions(), 0u);
}

TEST(GdbHartDebugger, AStepIsOneInstructionAlsoFromABreakpoint) {
  Debugged d(counting);
  d.debugger.add(Breakpoint{ram_base});
  for (const Address expected : {4u, 8u, 0u, 4u}) {
    EXPECT_EQ(d.go(true), RunEnd::debugger);
    EXPECT_EQ(d.offset(), expected);
    EXPECT_TRUE(d.debugger.step_done());
  }
  EXPECT_EQ(d.world.hart().instructions(), 4u);
}

TEST(GdbHartDebugger, AHartThatGoesOnAtABreakpointStopsThereAtOnce) {
  Debugged d(counting);
  d.debugger.add(Breakpoint{ram_base + 4});
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(d.go(), RunEnd::debugger);
    EXPECT_EQ(d.offset(), 4u);
    EXPECT_EQ(d.world.hart().instructions(), 1u);
  }
  d.debugger.remove(Breakpoint{ram_base + 4});
  EXPECT_EQ(d.go(), RunEnd::time);
}

TEST(GdbHartDebugger, BreakpointsOfSoftwareAndOfHardwareAtOnePlaceAreTwo) {
  HartDebugger debugger;
  debugger.resume(false);
  debugger.add(Breakpoint{8, false});
  debugger.add(Breakpoint{8, true});
  debugger.add(Breakpoint{8, true});  // once more is once
  EXPECT_FALSE(debugger.stop_before(6));
  EXPECT_TRUE(debugger.stop_before(8));
  debugger.remove(Breakpoint{8, false});
  EXPECT_TRUE(debugger.stop_before(8));
  debugger.remove(Breakpoint{8, true});
  EXPECT_FALSE(debugger.stop_before(8));
}

TEST(GdbHartDebugger, ABreakpointStopsAtACompressedInstruction) {
  constexpr std::uint32_t two_nops = 0x0001'0001;  // c.nop
  Debugged d({two_nops, two_nops, jal(0, -8)});
  d.debugger.add(Breakpoint{ram_base + 2});
  EXPECT_EQ(d.go(), RunEnd::debugger);
  EXPECT_EQ(d.offset(), 2u);
  EXPECT_EQ(d.go(true), RunEnd::debugger);
  EXPECT_EQ(d.offset(), 4u);
}

TEST(GdbHartDebugger, AStepIntoATrapEndsAtTheHandlersFirstInstruction) {
  Debugged d({riscv::test::plain(Op::ecall)});
  ASSERT_TRUE(d.world.hart().set_csr(0x305, ram_base + 0x100));  // mtvec
  EXPECT_EQ(d.go(true), RunEnd::debugger);
  EXPECT_EQ(d.offset(), 0x100u);
}

TEST(GdbHartDebugger, AStepIntoWfiIsDoneAndOneFromThereIsNot) {
  Debugged d({riscv::test::plain(Op::wfi), i(Op::addi, 5, 5, 1), i(Op::addi, 5, 5, 1)});
  EXPECT_EQ(d.go(true), RunEnd::waiting);
  EXPECT_EQ(d.offset(), 4u);
  EXPECT_TRUE(d.debugger.step_done());
  EXPECT_EQ(d.go(true), RunEnd::waiting);
  EXPECT_FALSE(d.debugger.step_done());
  ASSERT_TRUE(d.world.hart().set_csr(0x304, 8));  // mie: software interrupts wake, but are masked
  d.world.hart().set_line(riscv::Interrupt::machine_software, true);
  EXPECT_EQ(d.world.hart().run(long_enough), RunEnd::debugger);
  EXPECT_EQ(d.offset(), 8u);
  EXPECT_EQ(d.world.hart().x(5), 1u);
}

/// x1 = data, then `access`, then for ever.
Code touching(std::uint32_t access) {
  Code code;
  load_constant(code, 1, data);
  code.push_back(access);
  code.push_back(jal(0, 0));
  return code;
}

struct Watched {
  const char* name;
  std::uint32_t access;
  Watchpoint watchpoint;
  std::optional<Address> hit;
};

TEST(GdbHartDebugger, AWatchpointIsHitByEachByteOfAnAccessAndByNoOther) {
  constexpr bool yes = true;
  constexpr bool no = false;
  const Watched cases[] = {
      {"store", store(Op::sd, 2, 1, 0), {data, 8, no, yes}, data},
      {"store into it", store(Op::sb, 2, 1, 7), {data, 8, no, yes}, data + 7},
      {"store across its start", store(Op::sd, 2, 1, 1), {data + 8, 8, no, yes}, data + 8},
      {"store across its end", store(Op::sd, 2, 1, 7), {data, 8, no, yes}, data + 7},
      {"store round it", store(Op::sd, 2, 1, 0), {data + 3, 1, no, yes}, data + 3},
      {"store before it", store(Op::sd, 2, 1, 0), {data + 8, 8, no, yes}, std::nullopt},
      {"store behind it", store(Op::sd, 2, 1, 8), {data, 8, no, yes}, std::nullopt},
      {"load of what stores are watched", i(Op::ld, 2, 1, 0), {data, 8, no, yes}, std::nullopt},
      {"store to what loads are watched", store(Op::sd, 2, 1, 0), {data, 8, yes, no}, std::nullopt},
      {"load", i(Op::lw, 2, 1, 4), {data, 8, yes, no}, data + 4},
      {"load of what both are watched", i(Op::lbu, 2, 1, 0), {data, 1, yes, yes}, data},
      {"AMO, of its store", r(Op::amoadd_w, 2, 1, 3), {data, 4, no, yes}, data},
      {"AMO, of its load", r(Op::amoadd_w, 2, 1, 3), {data, 4, yes, no}, data},
      {"AMO behind it", r(Op::amoadd_w, 2, 1, 3), {data - 4, 4, yes, yes}, std::nullopt},
      {"store conditional that fails", r(Op::sc_w, 2, 1, 3), {data, 4, yes, yes}, std::nullopt},
      {"load reserved", r(Op::lr_d, 2, 1), {data, 8, yes, no}, data},
      {"page crossing", store(Op::sd, 2, 1, -4), {data, 8, no, yes}, data},
      {"page crossing, the first page", store(Op::sd, 2, 1, -4), {data - 1, 1, no, yes}, data - 1},
  };
  for (const Watched& watched : cases) {
    SCOPED_TRACE(watched.name);
    const Code code = touching(watched.access);
    Debugged d(code);
    d.debugger.add(watched.watchpoint);
    ASSERT_EQ(d.go(), watched.hit ? RunEnd::debugger : RunEnd::time);
    // Behind the access.
    EXPECT_EQ(d.offset(), 4 * (code.size() - 1));
    const auto hit = d.debugger.take_hit();
    EXPECT_EQ(hit ? std::optional(hit->address) : std::nullopt, watched.hit);
    EXPECT_FALSE(d.debugger.hit());
  }
}

TEST(GdbHartDebugger, AStoreConditionalThatSucceedsIsAStore) {
  Code code;
  load_constant(code, 1, data);
  code.push_back(r(Op::lr_d, 2, 1));
  code.push_back(r(Op::sc_d, 2, 1, 3));
  code.push_back(jal(0, 0));
  for (const bool loads : {true, false}) {
    Debugged d(code);
    d.debugger.add(Watchpoint{data, 8, loads, !loads});
    ASSERT_EQ(d.go(), RunEnd::debugger);
    EXPECT_EQ(d.offset(), 4 * (code.size() - (loads ? 2 : 1)));
    EXPECT_EQ(d.go(), RunEnd::time) << "one of the two only";
  }
}

TEST(GdbHartDebugger, AHitIsKeptAsLongAsItsWatchpointIsThereWhenTheHartGoesOn) {
  const Watchpoint watchpoint{data, 8, false, true};
  HartDebugger debugger;
  debugger.add(watchpoint);
  ASSERT_TRUE(debugger.stop_after_access(data, 8, Access::store));
  debugger.remove(watchpoint);  // as GDB does at each stop
  EXPECT_TRUE(debugger.hit());
  debugger.add(watchpoint);
  debugger.resume(false);
  EXPECT_TRUE(debugger.hit());
  debugger.remove(watchpoint);
  debugger.resume(false);
  EXPECT_FALSE(debugger.hit());
}

TEST(GdbHartDebugger, AWatchpointThatIsAddedTwiceIsRemovedOnce) {
  const Watchpoint watchpoint{data, 8, true, true};
  HartDebugger debugger;
  debugger.add(watchpoint);
  debugger.add(watchpoint);
  debugger.remove(watchpoint);
  EXPECT_FALSE(debugger.stop_after_access(data, 8, Access::load));
}

TEST(GdbHartDebugger, ClearingLeavesNothing) {
  HartDebugger debugger;
  debugger.add(Breakpoint{8});
  debugger.add(Watchpoint{data, 8, true, true});
  ASSERT_TRUE(debugger.stop_after_access(data, 8, Access::load));
  debugger.clear();
  debugger.resume(false);
  EXPECT_FALSE(debugger.hit());
  EXPECT_FALSE(debugger.stop_before(8));
  EXPECT_FALSE(debugger.stop_after_access(data, 8, Access::load));
}

}  // namespace
}  // namespace kilburn::gdb
