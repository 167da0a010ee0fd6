// Requests and their answers, on real harts. Hexadecimal values are written by hand: registers are
// little-endian on the wire.
#include "platform/gdb/session.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "gdb/small_machine.h"
#include "platform/gdb/description.h"
#include "platform/gdb/packet.h"
#include "riscv/assembler.h"

namespace kilburn::gdb::testing {
namespace {

using namespace riscv::test;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class GdbSession : public ::testing::Test {
 protected:
  std::string ask(std::string_view request) { return session.answer(request).text; }

  SmallMachine machine{2};
  Session session{machine};
};

TEST_F(GdbSession, WhatIsNotKnownIsAnsweredWithNothing) {
  for (const char* request :
       {"", "vMustReplyEmpty", "!", "Z9,0,1", "vFlashDone", "qTStatus", "\x7F"}) {
    EXPECT_EQ(ask(request), "") << request;
  }
}

TEST_F(GdbSession, WhatIsMalformedIsAnError) {
  for (const char* request : {"m",
                              "m80000000",
                              "m80000000,",
                              "mx,1",
                              "m80000000,0",
                              "m80000000,4x",
                              "M80000000,2:00",
                              "M80000000,1",
                              "M80000000,1:0x",
                              "X80000000,2:a",
                              "p",
                              "pzz",
                              "P",
                              "P5",
                              "P5=",
                              "P5=1",
                              "P5=112233445566778899",
                              "G00",
                              "Hg3",
                              "Hx1",
                              "T0",
                              "T3",
                              "Tx",
                              "Z0",
                              "Z0,",
                              "Z0,80000000",
                              "Z2,80000000,0",
                              "vCont;",
                              "vCont;x",
                              "vCont;c:9",
                              "vCont;s:1;q",
                              "sx",
                              "c8000000z",
                              "qXfer:features:read:target.xml:",
                              "qThreadExtraInfo,7",
                              "qRcmd,6"}) {
    EXPECT_EQ(ask(request), "E01") << request;
  }
}

TEST_F(GdbSession, GeneralRegistersAreReadAndWritten) {
  machine.hart(0).set_x(10, 0x1122'3344'5566'7788);
  EXPECT_EQ(ask("pa"), "8877665544332211");
  EXPECT_EQ(ask("P1f=0100000000000080"), "OK");
  EXPECT_EQ(machine.hart(0).x(31), 0x8000'0000'0000'0001u);
  EXPECT_EQ(ask("P0=0100000000000000"), "OK");  // x0 is what it is
  EXPECT_EQ(machine.hart(0).x(0), 0u);
  EXPECT_EQ(ask("p20"), "0000008000000000");  // pc: at reset
  EXPECT_EQ(ask("P20=0200008000000000"), "OK");
  EXPECT_EQ(machine.hart(0).pc(), 0x8000'0002u);
  EXPECT_EQ(ask("P20=0300008000000000"), "E14");  // instructions lie at even addresses

  std::string all = ask("g");
  ASSERT_EQ(all.size(), 33 * 16u);
  EXPECT_EQ(all.substr(10 * 16, 16), "8877665544332211");
  EXPECT_EQ(all.substr(32 * 16), "0200008000000000");
  all.replace(7 * 16, 16, "0700000000000000");
  EXPECT_EQ(ask(fmt::format("G{}", all)), "OK");
  EXPECT_EQ(machine.hart(0).x(7), 7u);
  EXPECT_EQ(ask("g"), all);
}

TEST_F(GdbSession, FloatsAndCsrsAreReadAndWritten) {
  EXPECT_EQ(ask("P2b=000000000000f83f"), "OK");  // fa0 is f10, number 33 + 10: 1.5
  EXPECT_EQ(machine.hart(0).f(10), 0x3FF8'0000'0000'0000u);
  EXPECT_EQ(ask("p2b"), "000000000000f83f");

  const auto read = [&](unsigned csr) { return ask(fmt::format("p{:x}", 65 + csr)); };
  const auto write = [&](unsigned csr, std::string_view value) {
    return ask(fmt::format("P{:x}={}", 65 + csr, value));
  };
  EXPECT_EQ(write(0x340, "efbe000000000000"), "OK");  // mscratch
  EXPECT_EQ(machine.hart(0).csr(0x340), 0xBEEFu);
  EXPECT_EQ(read(0x340), "efbe000000000000");
  EXPECT_EQ(write(0xF14, "0100000000000000"), "E14");  // mhartid cannot be written
  EXPECT_EQ(read(0x7FF), "E14");                       // there is none
  EXPECT_EQ(write(0x003, "e100000000000000"), "OK");   // fcsr: frm 7, NX
  EXPECT_EQ(read(0x002), "0700000000000000");
  EXPECT_EQ(read(0x001), "0100000000000000");
  EXPECT_EQ(ask("p1041"), "0300000000000000");  // 65 + 4096: priv, machine mode
  EXPECT_EQ(ask("P1041=0000000000000000"), "E14");
  EXPECT_EQ(ask("p1042"), "E01");
}

TEST_F(GdbSession, RegistersAreThoseOfTheChosenThread) {
  machine.hart(0).set_x(5, 1);
  machine.hart(1).set_x(5, 2);
  EXPECT_EQ(ask("p5"), "0100000000000000");
  EXPECT_EQ(ask("Hg2"), "OK");
  EXPECT_EQ(ask("p5"), "0200000000000000");
  EXPECT_EQ(ask("qC"), "QC2");
  EXPECT_EQ(ask("Hg0"), "OK");  // any
  EXPECT_EQ(ask("Hc1"), "OK");
  EXPECT_EQ(ask("p5"), "0200000000000000");
}

TEST_F(GdbSession, HartsAreThreads) {
  EXPECT_EQ(ask("qfThreadInfo"), "m1,2");
  EXPECT_EQ(ask("qsThreadInfo"), "l");
  EXPECT_EQ(ask("T2"), "OK");
  EXPECT_EQ(from_hex(ask("qThreadExtraInfo,2")), "hart 1");
  EXPECT_EQ(ask("?"), "T05thread:1;");
  EXPECT_EQ(ask("qAttached"), "1");  // GDB's quit detaches
}

TEST_F(GdbSession, MemoryIsReadAndWrittenInBothForms) {
  EXPECT_EQ(ask("M80000010,4:deadbeef"), "OK");
  EXPECT_EQ(ask("m80000010,4"), "deadbeef");
  EXPECT_EQ(session.answer(std::string_view("X80000011,2:\0}", 14)).text, "OK");
  EXPECT_EQ(ask("m80000010,4"), "de007def");
  EXPECT_EQ(ask("X80000000,0:"), "OK");  // GDB asks so whether there is X
  EXPECT_EQ(ask("m0,4"), "E14");
  EXPECT_EQ(ask("m8000fffe,4"), "E14");
  EXPECT_EQ(ask("M0,1:00"), "E14");
  EXPECT_EQ(ask("mffffffffffffffff,8"), "E14");
  EXPECT_EQ(ask("m80000000,ffffffffffffffff").size(), 2 * 4096u);  // as much as a packet holds
}

TEST_F(GdbSession, InstructionsThatAreWrittenAreThoseThatAreExecuted) {
  machine.world.load(ram_base, {i(Op::addi, 5, 0, 1), jal(0, -4)});
  const auto step_twice = [&] {
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(session.answer("vCont;s:1").demand, Demand::resume);
      machine.hart(0).run(machine.hart(0).cycles() + 100);
    }
    return machine.hart(0).x(5);
  };
  machine.hart(0).attach(nullptr);  // blocks are decoded on the fast path
  machine.hart(0).run(100);
  machine.hart(0).attach(&machine.debuggers[0]);
  machine.hart(0).set_pc(ram_base);
  EXPECT_EQ(ask("M80000000,4:93022000"), "OK");  // addi x5, x0, 2
  EXPECT_EQ(step_twice(), 2u);
}

TEST_F(GdbSession, TheDescriptionComesInChunks) {
  std::string whole;
  for (;;) {
    const std::string chunk =
        ask(fmt::format("qXfer:features:read:target.xml:{:x},3f", whole.size()));
    ASSERT_FALSE(chunk.empty());
    whole += chunk.substr(1);
    if (chunk[0] == 'l') break;
    ASSERT_EQ(chunk[0], 'm');
    ASSERT_EQ(chunk.size(), 0x40u);
  }
  EXPECT_EQ(whole, target_description(machine.hart(0)));
  EXPECT_EQ(ask("qXfer:features:read:target.xml:ffffffff,10"), "l");
  EXPECT_EQ(ask("qXfer:features:read:other.xml:0,10"), "E00");
  // Source: GDB manual, G.5.12: what each feature must hold.
  for (const char* needed :
       {"<architecture>riscv:rv64</architecture>", "org.gnu.gdb.riscv.cpu", "\"x31\"", "\"pc\"",
        "org.gnu.gdb.riscv.fpu", "\"f31\"", "\"fflags\"", "\"frm\"", "\"fcsr\"",
        "org.gnu.gdb.riscv.csr", "name=\"satp\" bitsize=\"64\" regnum=\"449\"",
        "org.gnu.gdb.riscv.virtual", "name=\"priv\" bitsize=\"64\" regnum=\"4161\""}) {
    EXPECT_THAT(whole, HasSubstr(needed));
  }
}

TEST_F(GdbSession, ContinueAndStepGoToTheHartsTheyName) {
  const auto halted = [&](unsigned hart) { return machine.debuggers[hart].halted(); };
  const auto halt = [&] {
    for (HartDebugger& debugger : machine.debuggers) debugger.halt();
  };
  EXPECT_EQ(session.answer("vCont;s:2").demand, Demand::resume);
  EXPECT_TRUE(halted(0));
  EXPECT_FALSE(halted(1));
  machine.hart(1).run(100);
  EXPECT_TRUE(machine.debuggers[1].step_done());
  EXPECT_EQ(session.stop_reply(1, Session::trap), "T05thread:2;");
  EXPECT_EQ(ask("?"), "T05thread:2;");
  EXPECT_EQ(ask("qC"), "QC2");
  halt();

  // The leftmost action that fits counts; signals are dropped.
  EXPECT_EQ(session.answer("vCont;S05:1;C0b").demand, Demand::resume);
  EXPECT_FALSE(halted(0));
  EXPECT_FALSE(halted(1));
  EXPECT_TRUE(machine.debuggers[0].stop_before(0) || machine.debuggers[0].stop_before(0));
  EXPECT_FALSE(machine.debuggers[1].stop_before(0) || machine.debuggers[1].stop_before(0));
  halt();

  EXPECT_EQ(session.answer("vCont;c:1;x").text, "E01");
  EXPECT_TRUE(halted(0));  // of a malformed one nothing is carried out

  // The old forms: Hc chooses, the other harts go on.
  EXPECT_EQ(ask("Hc2"), "OK");
  EXPECT_EQ(session.answer("s80000100").demand, Demand::resume);
  EXPECT_EQ(machine.hart(1).pc(), 0x8000'0100u);
  EXPECT_FALSE(halted(0));
  EXPECT_FALSE(machine.debuggers[1].stop_before(0));
  EXPECT_TRUE(machine.debuggers[1].stop_before(0));
}

TEST_F(GdbSession, BreakpointsAndWatchpointsAreThoseOfAllHarts) {
  EXPECT_EQ(ask("Z0,80000004,4"), "OK");
  EXPECT_EQ(ask("Z1,80000008,2"), "OK");
  EXPECT_EQ(ask("Z2,80001000,8"), "OK");
  EXPECT_EQ(ask("Z3,80002000,1"), "OK");
  EXPECT_EQ(ask("Z4,80003000,4"), "OK");
  session.answer("vCont;c");
  for (HartDebugger& debugger : machine.debuggers) {
    EXPECT_TRUE(debugger.stop_before(0x8000'0004));
    EXPECT_TRUE(debugger.stop_before(0x8000'0008));
    EXPECT_FALSE(debugger.stop_after_access(0x8000'1000, 8, Access::load));
    EXPECT_FALSE(debugger.stop_after_access(0x8000'2000, 1, Access::store));
    EXPECT_TRUE(debugger.stop_after_access(0x8000'3000, 1, Access::load));
  }
  EXPECT_EQ(session.stop_reply(0, Session::trap), "T05awatch:80003000;thread:1;");
  EXPECT_EQ(session.stop_reply(0, Session::trap), "T05thread:1;");  // told once
  EXPECT_TRUE(machine.debuggers[1].stop_after_access(0x8000'0FFF, 4, Access::store));
  EXPECT_EQ(session.stop_reply(1, Session::trap), "T05watch:80001000;thread:2;");
  EXPECT_TRUE(machine.debuggers[1].stop_after_access(0x8000'2000, 1, Access::load));
  EXPECT_EQ(session.stop_reply(1, Session::trap), "T05rwatch:80002000;thread:2;");
  for (const char* gone : {"z0,80000004,4", "z1,80000008,2", "z2,80001000,8", "z4,80003000,4"}) {
    EXPECT_EQ(ask(gone), "OK");
  }
  EXPECT_FALSE(machine.debuggers[0].stop_before(0x8000'0004));
  EXPECT_FALSE(machine.debuggers[0].stop_before(0x8000'0008));
  EXPECT_FALSE(machine.debuggers[0].stop_after_access(0x8000'1000, 8, Access::store));
  EXPECT_TRUE(machine.debuggers[0].stop_after_access(0x8000'2000, 8, Access::load));
}

TEST_F(GdbSession, WhatIsAskedBesideAnAnswerIsTold) {
  EXPECT_EQ(session.answer("QStartNoAckMode").demand, Demand::no_acknowledgements);
  EXPECT_EQ(session.answer("D").demand, Demand::detach);
  EXPECT_EQ(ask("D"), "OK");
  EXPECT_EQ(session.answer("k").demand, Demand::kill);
  EXPECT_EQ(ask("k"), "");
  EXPECT_EQ(session.answer("vKill;1").demand, Demand::kill);
  EXPECT_EQ(ask("vKill;1"), "OK");
  EXPECT_THAT(ask("qSupported:multiprocess+;xmlRegisters=i386"), StartsWith("PacketSize=2000;"));
  EXPECT_THAT(ask("qSupported"), Not(HasSubstr("multiprocess")));
  EXPECT_EQ(ask("vCont?"), "vCont;c;C;s;S");
}

TEST_F(GdbSession, MonitorCommandsAnswerOnGdbsConsole) {
  Answer answer = session.answer("qRcmd,68656c6c6f");  // hello
  EXPECT_EQ(answer.text, "OK");
  EXPECT_EQ(answer.console, "hello yourself");
  answer = session.answer("qRcmd,6e6f");  // no
  EXPECT_EQ(answer.text, "OK");
  EXPECT_EQ(answer.console, "monitor no: allowed is statistics\n");
}

}  // namespace
}  // namespace kilburn::gdb::testing
