// Counters and timers read by instructions of a guest: who refuses, by which exception, and what is
// read. Source: RISC-V Privileged Architecture 1.12, 3.1.11, 4.1.5, 8.2.6, 8.2.7 and 8.6.1;
// Sstc 1.0, chapter 2.
#include "riscv/guest_test.h"

namespace kilburn::riscv {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

constexpr std::uint16_t scounteren = 0x106;
constexpr std::uint16_t stimecmp = 0x14D;
constexpr std::uint16_t vstimecmp = 0x24D;
constexpr std::uint16_t mcounteren = 0x306;
constexpr std::uint16_t menvcfg = 0x30A;
constexpr std::uint16_t mcountinhibit = 0x320;
constexpr std::uint16_t htimedelta = 0x605;
constexpr std::uint16_t hcounteren = 0x606;
constexpr std::uint16_t henvcfg = 0x60A;
constexpr std::uint16_t cycle = 0xC00;
constexpr std::uint16_t time = 0xC01;
constexpr std::uint16_t instret = 0xC02;
constexpr std::uint64_t stce = std::uint64_t{1} << 63;
constexpr std::uint64_t tm = 2;
constexpr std::uint64_t illegal = 2;
constexpr std::uint64_t virtual_one = 22;
constexpr std::uint64_t ecall_from_vu = 8;
constexpr std::uint64_t ecall_from_vs = 10;

class GuestCountersTest : public GuestTest {
 protected:
  GuestCountersTest() { hart_.set_csr(vsatp, 0); }

  /// A refused one says which instruction it was.
  void expect(std::uint32_t instruction, Privilege privilege, std::uint64_t refusal) {
    const std::uint64_t granted = privilege == Privilege::user ? ecall_from_vu : ecall_from_vs;
    EXPECT_EQ(run_guest({instruction}, privilege), refusal == 0 ? granted : refusal);
    if (refusal == 0) return;
    EXPECT_EQ(csr_value(mtval), instruction);
    EXPECT_EQ(csr_value(mepc), guest_code);
    EXPECT_NE(csr_value(mstatus) & mpv, 0u);
    EXPECT_EQ(csr_value(mstatus) & gva, 0u) << "an instruction is no guest's address";
    EXPECT_EQ(csr_value(mtval2), 0u);
  }
};

TEST_P(GuestCountersTest, AnEnableThatMissesInMachineModeIsIllegalAndOneBelowItVirtual) {
  for (const unsigned number : {0xC00u, 0xC01u, 0xC02u, 0xC03u, 0xC1Fu}) {
    const std::uint64_t bit = std::uint64_t{1} << (number - 0xC00);
    const std::uint32_t read = csr(Op::csrrs, 7, number, 0);
    for (unsigned enables = 0; enables < 8; ++enables) {
      const bool m = (enables & 1) != 0;
      const bool h = (enables & 2) != 0;
      const bool s = (enables & 4) != 0;
      // Every other bit the other way round: none of them counts.
      hart_.set_csr(mcounteren, m ? bit : ~bit);
      hart_.set_csr(hcounteren, h ? bit : ~bit);
      hart_.set_csr(scounteren, s ? bit : ~bit);
      SCOPED_TRACE(::testing::Message() << std::hex << number << ", enables " << enables);
      expect(read, Privilege::supervisor, !m ? illegal : h ? 0 : virtual_one);
      expect(read, Privilege::user, !m ? illegal : h && s ? 0 : virtual_one);
    }
  }
}

TEST_P(GuestCountersTest, AWriteToACounterIsIllegalWhateverTheEnables) {
  for (const std::uint64_t enables : {std::uint64_t{0}, ~std::uint64_t{0}}) {
    for (const std::uint16_t number : {mcounteren, hcounteren, scounteren}) {
      hart_.set_csr(number, enables);
    }
    expect(csr(Op::csrrw, 0, time, 5), Privilege::supervisor, illegal);
    expect(csr(Op::csrrw, 0, cycle, 5), Privilege::user, illegal);
  }
}

TEST_P(GuestCountersTest, StimecmpNeedsTmAndStceOfBothLevelsAndVstimecmpIsNotAGuests) {
  for (unsigned enables = 0; enables < 16; ++enables) {
    const bool machine_tm = (enables & 1) != 0;
    const bool machine_stce = (enables & 2) != 0;
    const bool host_tm = (enables & 4) != 0;
    const bool host_stce = (enables & 8) != 0;
    hart_.set_csr(mcounteren, machine_tm ? tm : ~tm);
    hart_.set_csr(hcounteren, host_tm ? tm : ~tm);
    hart_.set_csr(menvcfg, stce);
    hart_.set_csr(henvcfg, host_stce ? stce : 0);
    hart_.set_csr(menvcfg, machine_stce ? stce : 0);
    SCOPED_TRACE(enables);
    EXPECT_EQ(csr_value(henvcfg) & stce, machine_stce && host_stce ? stce : 0)
        << "read-only zero without the machine's";
    const bool machine = machine_tm && machine_stce;
    const bool host = host_tm && host_stce;
    for (const std::uint32_t instruction :
         {csr(Op::csrrs, 7, stimecmp, 0), csr(Op::csrrw, 0, stimecmp, 5)}) {
      expect(instruction, Privilege::supervisor, !machine ? illegal : host ? 0 : virtual_one);
      expect(instruction, Privilege::user, machine ? virtual_one : illegal);
    }
    for (const Privilege privilege : {Privilege::supervisor, Privilege::user}) {
      expect(csr(Op::csrrs, 7, vstimecmp, 0), privilege, machine ? virtual_one : illegal);
    }
  }
}

TEST_P(GuestCountersTest, AGuestsStimecmpIsVstimecmp) {
  hart_.set_csr(mcounteren, tm);
  hart_.set_csr(hcounteren, tm);
  hart_.set_csr(menvcfg, stce);
  hart_.set_csr(henvcfg, stce);
  hart_.set_csr(stimecmp, 111);
  hart_.set_csr(vstimecmp, 222);
  hart_.set_x(5, 333);
  expect(csr(Op::csrrw, 7, stimecmp, 5), Privilege::supervisor, 0);
  EXPECT_EQ(hart_.x(7), 222u);
  EXPECT_EQ(csr_value(vstimecmp), 333u);
  EXPECT_EQ(csr_value(stimecmp), 111u);
}

TEST_P(GuestCountersTest, TimeIsShiftedByHtimedeltaAndCyclesAndInstructionsAreNot) {
  for (const std::uint16_t number : {mcounteren, hcounteren, scounteren}) {
    hart_.set_csr(number, ~std::uint64_t{0});
  }
  for (const Privilege privilege : {Privilege::supervisor, Privilege::user}) {
    for (const std::uint64_t delta : {std::uint64_t{1} << 40, ~std::uint64_t{0} << 40}) {
      hart_.set_csr(htimedelta, delta);
      const std::uint64_t before[] = {csr_value(cycle), csr_value(time), csr_value(instret)};
      expect(csr(Op::csrrs, 7, time, 0), privilege, 0);
      EXPECT_GE(hart_.x(7) - delta, before[1]);
      EXPECT_LE(hart_.x(7) - delta, csr_value(time));
      expect(csr(Op::csrrs, 7, cycle, 0), privilege, 0);
      EXPECT_GE(hart_.x(7), before[0]);
      EXPECT_LE(hart_.x(7), csr_value(cycle));
      expect(csr(Op::csrrs, 7, instret, 0), privilege, 0);
      EXPECT_GE(hart_.x(7), before[2]);
      EXPECT_LE(hart_.x(7), csr_value(instret));
    }
  }
}

TEST_P(GuestCountersTest, InstructionsOfAGuestCountAndDoNotWhereTheyAreInhibited) {
  for (const std::uint16_t number : {mcounteren, hcounteren}) {
    hart_.set_csr(number, ~std::uint64_t{0});
  }
  const Code code = {csr(Op::csrrs, 6, instret, 0), i(Op::addi, 9, 0, 1), i(Op::addi, 9, 0, 1),
                     csr(Op::csrrs, 7, instret, 0)};
  EXPECT_EQ(run_guest(code), ecall_from_vs);
  EXPECT_EQ(hart_.x(7) - hart_.x(6), 3u);
  hart_.set_csr(mcountinhibit, 5);
  EXPECT_EQ(run_guest(code), ecall_from_vs);
  EXPECT_EQ(hart_.x(7), hart_.x(6));
}

INSTANTIATE_TEST_SUITE_P(Paths, GuestCountersTest, ::testing::Values(true, false),
                         [](const auto& path) { return path.param ? "Fast" : "OneByOne"; });

}  // namespace
}  // namespace kilburn::riscv
