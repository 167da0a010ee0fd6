// Who may access which CSR: illegal or virtual instruction, rule by rule.
#include <gtest/gtest.h>

#include "riscv/hart_under_test.h"

namespace kilburn::riscv {
namespace {

constexpr Refusal granted = Refusal::none;
constexpr Refusal illegal = Refusal::illegal_instruction;
constexpr Refusal virtual_one = Refusal::virtual_instruction;

constexpr std::uint64_t cy_tm_ir = 7;
constexpr std::uint64_t stce = one << 63;

/// Everything that withholds a register is off.
HartUnderTest permissive() {
  HartUnderTest hart;
  for (const char* name : {"mcounteren", "hcounteren", "scounteren"}) hart.set(name, 0xFFFFFFFF);
  hart.set("menvcfg", stce);
  hart.set("henvcfg", stce);
  hart.set("mstatus", one << 13);
  hart.set("vsstatus", one << 13);
  return hart;
}

void expect_in(HartUnderTest& hart, Mode mode, const char* name, Refusal expected) {
  hart.enter(mode);
  EXPECT_EQ(hart.read(name).refusal, expected) << name << " in " << name_of(mode);
}

TEST(CsrAccess, TheNumberSaysTheLowestPrivilege) {
  HartUnderTest hart = permissive();
  for (const Csr& csr : csr_list()) {
    if (!hart.state.peek(csr.number, {})) continue;
    const unsigned level = csr.number >> 8 & 3;  // 0 U, 1 S, 2 HS, 3 M
    const char* name = csr.name.c_str();
    expect_in(hart, m_mode, name, granted);
    expect_in(hart, s_mode, name, level == 3 ? illegal : granted);
    expect_in(hart, u_mode, name, level == 0 ? granted : illegal);
    const Refusal above = level == 3 ? illegal : virtual_one;
    expect_in(hart, vs_mode, name, level <= 1 ? granted : above);
    expect_in(hart, vu_mode, name, level == 0 ? granted : above);
  }
}

TEST(CsrAccess, AWriteToAReadOnlyHypervisorRegisterIsIllegalInAGuest) {
  HartUnderTest hart;
  hart.enter(vs_mode);
  EXPECT_EQ(hart.read("hgeip").refusal, virtual_one);
  EXPECT_EQ(hart.write("hgeip", 0).refusal, illegal);
}

TEST(CsrAccess, ARefusedAccessChangesNothing) {
  HartUnderTest hart;
  hart.set("hvip", 0);
  hart.set("mscratch", 4);
  hart.enter(vs_mode);
  hart.write("hvip", 0x444);
  hart.write("mscratch", 5);
  EXPECT_EQ(hart.get("hvip"), 0U);
  EXPECT_EQ(hart.get("mscratch"), 4U);
}

TEST(CsrAccess, InAGuestSupervisorNumbersReachTheVirtualRegisters) {
  HartUnderTest hart = permissive();
  hart.set("hideleg", 0x444);
  for (const char* name : {"sscratch", "sepc", "scause", "stval", "stvec", "stimecmp", "satp",
                           "sie", "sip", "sstatus"}) {
    const std::string guest_name = std::string("v").append(name);
    hart.enter(vs_mode);
    const std::uint64_t host_before = hart.get(name);
    const std::uint64_t value = guest_name == "vstvec" ? 0x220 : 0x222;  // mode 2 is reserved
    EXPECT_EQ(hart.write(name, value).refusal, granted) << name;
    EXPECT_NE(hart.get(guest_name) & 0x222, 0U) << name;
    EXPECT_EQ(hart.read(name).value, hart.get(guest_name)) << name;
    EXPECT_EQ(hart.get(name), host_before) << name;
  }
}

TEST(CsrAccess, ScounterenAndSenvcfgAreSharedWithTheGuest) {
  HartUnderTest hart;
  hart.enter(vs_mode);
  hart.write("scounteren", 5);
  hart.write("senvcfg", 1);
  EXPECT_EQ(hart.get("scounteren"), 5U);
  EXPECT_EQ(hart.get("senvcfg"), 1U);
}

TEST(CsrAccess, CountersNeedTheEnablesOfEveryLevelAbove) {
  struct Name {
    const char* name;
    unsigned bit;
  };
  for (const auto& [name, bit] : {Name{"cycle", 0}, Name{"time", 1}, Name{"instret", 2},
                                  Name{"hpmcounter3", 3}, Name{"hpmcounter31", 31}}) {
    for (unsigned enables = 0; enables < 8; ++enables) {
      const bool m = (enables & 1) != 0;
      const bool h = (enables & 2) != 0;
      const bool s = (enables & 4) != 0;
      HartUnderTest hart;
      // All the other bits the other way round: only the counter's own bit counts.
      const auto value = [bit = bit](bool on) { return on ? one << bit : ~(one << bit); };
      hart.set("mcounteren", value(m));
      hart.set("hcounteren", value(h));
      hart.set("scounteren", value(s));
      SCOPED_TRACE(enables);
      expect_in(hart, m_mode, name, granted);
      expect_in(hart, s_mode, name, m ? granted : illegal);
      expect_in(hart, u_mode, name, m && s ? granted : illegal);
      expect_in(hart, vs_mode, name, !m ? illegal : h ? granted : virtual_one);
      expect_in(hart, vu_mode, name, !m ? illegal : h && s ? granted : virtual_one);
    }
  }
}

TEST(CsrAccess, MachineCountersAreForMachineModeOnly) {
  HartUnderTest hart = permissive();
  expect_in(hart, s_mode, "mcycle", illegal);
  expect_in(hart, vs_mode, "minstret", illegal);
}

TEST(CsrAccess, TvmWithholdsSatpAndHgatpFromHsModeOnly) {
  HartUnderTest hart;
  hart.set_bits("mstatus", one << 20);
  expect_in(hart, m_mode, "satp", granted);
  expect_in(hart, s_mode, "satp", illegal);
  expect_in(hart, s_mode, "hgatp", illegal);
  expect_in(hart, s_mode, "vsatp", granted);
  expect_in(hart, vs_mode, "satp", granted);
  expect_in(hart, vs_mode, "hgatp", virtual_one);
  expect_in(hart, vu_mode, "satp", virtual_one);
}

TEST(CsrAccess, VtvmWithholdsSatpFromVsModeOnly) {
  HartUnderTest hart;
  hart.set("hstatus", one << 20);
  expect_in(hart, s_mode, "satp", granted);
  expect_in(hart, vs_mode, "satp", virtual_one);
  expect_in(hart, vu_mode, "satp", virtual_one);
}

TEST(CsrAccess, StimecmpNeedsTimeAndStceOfEveryLevelAbove) {
  for (unsigned enables = 0; enables < 16; ++enables) {
    const bool machine_tm = (enables & 1) != 0;
    const bool machine_stce = (enables & 2) != 0;
    const bool guest_tm = (enables & 4) != 0;
    const bool guest_stce = (enables & 8) != 0;
    HartUnderTest hart;
    hart.set("mcounteren", machine_tm ? 2 : 5);
    hart.set("hcounteren", guest_tm ? 2 : 5);
    hart.set("menvcfg", stce);
    hart.set("henvcfg", guest_stce ? stce : 0);
    hart.set("menvcfg", machine_stce ? stce : 0);
    SCOPED_TRACE(enables);
    const bool host = machine_tm && machine_stce;
    for (const char* name : {"stimecmp", "vstimecmp"}) {
      expect_in(hart, m_mode, name, granted);
      expect_in(hart, s_mode, name, host ? granted : illegal);
      expect_in(hart, u_mode, name, illegal);
      expect_in(hart, vu_mode, name, host ? virtual_one : illegal);
    }
    const bool guest = guest_tm && guest_stce;
    expect_in(hart, vs_mode, "stimecmp", !host ? illegal : guest ? granted : virtual_one);
    expect_in(hart, vs_mode, "vstimecmp", host ? virtual_one : illegal);
  }
}

TEST(CsrAccess, FloatingPointRegistersNeedFsInEveryStatusInEffect) {
  for (const char* name : {"fflags", "frm", "fcsr"}) {
    for (const Mode mode : all_modes) {
      for (unsigned on = 0; on < 4; ++on) {
        HartUnderTest hart;
        if ((on & 1) != 0) hart.set_bits("mstatus", one << 14);  // clean
        if ((on & 2) != 0) hart.set("vsstatus", one << 14);
        const bool enabled = (on & 1) != 0 && (!mode.virtualised || (on & 2) != 0);
        expect_in(hart, mode, name, enabled ? granted : illegal);
        EXPECT_EQ(hart.state.float_enabled(), enabled);
      }
    }
  }
}

TEST(CsrAccess, AFloatingPointWriteMarksEveryStatusInEffectDirty) {
  constexpr std::uint64_t fs = std::uint64_t{3} << 13;
  HartUnderTest hart = permissive();
  hart.enter(vs_mode);
  hart.read("fcsr");
  EXPECT_EQ(hart.get("vsstatus") & fs, one << 13);
  hart.write("frm", 0);
  EXPECT_EQ(hart.get("vsstatus") & fs, fs);
  EXPECT_EQ(hart.get("mstatus") & fs, fs);

  HartUnderTest host = permissive();
  host.enter(u_mode);
  host.state.float_written();
  EXPECT_EQ(host.get("mstatus") & fs, fs);
  EXPECT_EQ(host.get("mstatus") >> 63, 1U);
  EXPECT_EQ(host.get("vsstatus") & fs, one << 13);
}

TEST(CsrAccess, CountersShowWhatTheHartCounted) {
  HartUnderTest hart;
  hart.now = {.cycles = 100, .instructions = 40, .time = 9};
  EXPECT_EQ(hart.read("cycle").value, 100U);
  EXPECT_EQ(hart.read("mcycle").value, 100U);
  EXPECT_EQ(hart.read("instret").value, 40U);
  EXPECT_EQ(hart.read("time").value, 9U);
}

TEST(CsrAccess, AGuestsTimeIsShiftedByHtimedelta) {
  HartUnderTest hart;
  hart.set("mcounteren", cy_tm_ir);
  hart.set("hcounteren", cy_tm_ir);
  hart.set("htimedelta", ~std::uint64_t{0});  // -1
  hart.now.time = 9;
  hart.enter(vs_mode);
  EXPECT_EQ(hart.read("time").value, 8U);
  hart.enter(s_mode);
  EXPECT_EQ(hart.read("time").value, 9U);
}

TEST(CsrAccess, AWrittenInstructionCountIsWhatTheNextInstructionReads) {
  HartUnderTest hart;
  hart.now.instructions = 50;
  hart.write("minstret", 1000);
  ++hart.now.instructions;
  EXPECT_EQ(hart.read("instret").value, 1000U);
  ++hart.now.instructions;
  EXPECT_EQ(hart.read("minstret").value, 1001U);
}

TEST(CsrAccess, InhibitedCountersStandStill) {
  HartUnderTest hart;
  hart.now = {.cycles = 100, .instructions = 40};
  hart.write("mcountinhibit", 5);  // the write itself still counts as an instruction
  hart.now = {.cycles = 150, .instructions = 60};
  EXPECT_EQ(hart.read("mcycle").value, 100U);
  EXPECT_EQ(hart.read("minstret").value, 41U);
  hart.write("mcycle", 7);
  hart.now = {.cycles = 200, .instructions = 70};
  EXPECT_EQ(hart.read("mcycle").value, 7U);
  hart.write("mcountinhibit", 0);
  hart.now = {.cycles = 203, .instructions = 73};
  EXPECT_EQ(hart.read("mcycle").value, 10U);
  EXPECT_EQ(hart.read("minstret").value, 43U);
  hart.write("mcountinhibit", 2);  // TM cannot be inhibited
  EXPECT_EQ(hart.read("mcountinhibit").value, 0U);
}

}  // namespace
}  // namespace kilburn::riscv
