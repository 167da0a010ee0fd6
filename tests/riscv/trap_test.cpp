// Where exceptions go, what their handlers find, and how MRET and SRET return.
#include <gtest/gtest.h>

#include <string>

#include "riscv/hart_under_test.h"

namespace kilburn::riscv {
namespace {

constexpr Address m_vector = 0x1000;
constexpr Address s_vector = 0x2000;
constexpr Address vs_vector = 0x3000;

constexpr Cause all_causes[] = {Cause::instruction_misaligned,
                                Cause::instruction_access,
                                Cause::illegal_instruction,
                                Cause::breakpoint,
                                Cause::load_misaligned,
                                Cause::load_access,
                                Cause::store_misaligned,
                                Cause::store_access,
                                Cause::ecall_from_u,
                                Cause::ecall_from_s,
                                Cause::ecall_from_vs,
                                Cause::ecall_from_m,
                                Cause::instruction_page,
                                Cause::load_page,
                                Cause::store_page,
                                Cause::instruction_guest_page,
                                Cause::load_guest_page,
                                Cause::virtual_instruction,
                                Cause::store_guest_page};

HartUnderTest with_vectors() {
  HartUnderTest hart;
  hart.set("mtvec", m_vector);
  hart.set("stvec", s_vector);
  hart.set("vstvec", vs_vector);
  return hart;
}

/// Table 8.2 of the manual: what can be handed on to VS-mode.
bool guest_can_have(Cause cause) {
  const auto number = static_cast<unsigned>(cause);
  return number <= 8 || (number >= 12 && number <= 15);
}

TEST(Trap, EveryExceptionGoesWhereMedelegAndHedelegSay) {
  for (const Cause cause : all_causes) {
    const std::uint64_t mask = one << static_cast<unsigned>(cause);
    for (const Mode mode : all_modes) {
      for (unsigned delegation = 0; delegation < 4; ++delegation) {
        HartUnderTest hart = with_vectors();
        // The other causes are delegated the other way.
        hart.set("medeleg", (delegation & 1) != 0 ? mask : ~mask);
        hart.set("hedeleg", (delegation & 2) != 0 ? mask : ~mask);
        hart.enter(mode);
        const Address handler = hart.state.trap({cause}, 0x44);

        const bool to_supervisor =
            (delegation & 1) != 0 && mode != m_mode && cause != Cause::ecall_from_m;
        const bool to_guest =
            to_supervisor && (delegation & 2) != 0 && mode.virtualised && guest_can_have(cause);
        SCOPED_TRACE("cause " + std::to_string(static_cast<unsigned>(cause)) + " in " +
                     name_of(mode) + ", delegation " + std::to_string(delegation));
        const char* level = to_guest ? "vs" : to_supervisor ? "s" : "m";
        EXPECT_EQ(handler, to_guest ? vs_vector : to_supervisor ? s_vector : m_vector);
        EXPECT_EQ(hart.state.mode(), to_guest ? vs_mode : to_supervisor ? s_mode : m_mode);
        EXPECT_EQ(hart.get(std::string(level) + "cause"), static_cast<std::uint64_t>(cause));
        EXPECT_EQ(hart.get(std::string(level) + "epc"), 0x44U);
      }
    }
  }
}

TEST(Trap, MachineModeFindsWhereTheTrapCameFrom) {
  for (const Mode mode : all_modes) {
    HartUnderTest hart;
    hart.set_bits("mstatus", one << 3);  // MIE
    hart.enter(mode);
    hart.state.trap({Cause::load_page, 0xABCD, true, 0x12345678, 0x3003}, 0x80);
    const std::uint64_t status = hart.get("mstatus");
    SCOPED_TRACE(name_of(mode));
    EXPECT_EQ(status >> 11 & 3, static_cast<std::uint64_t>(mode.privilege));  // MPP
    EXPECT_EQ(status >> 39 & 1, mode.virtualised);                            // MPV
    EXPECT_EQ(status >> 38 & 1, 1U);                                          // GVA
    EXPECT_EQ(status >> 7 & 1, 1U);                                           // MPIE
    EXPECT_EQ(status >> 3 & 1, 0U);                                           // MIE
    EXPECT_EQ(hart.get("mtval"), 0xABCDU);
    EXPECT_EQ(hart.get("mtval2"), 0x12345678U / 4);
    EXPECT_EQ(hart.get("mtinst"), 0x3003U);
  }
}

TEST(Trap, APlainTrapClearsWhatAGuestPageFaultLeft) {
  HartUnderTest hart;
  hart.enter(vs_mode);
  hart.state.trap({Cause::load_guest_page, 8, true, 0x1000, 0x3003}, 0);
  hart.enter(vs_mode);
  hart.state.trap({Cause::illegal_instruction, 0x73}, 0);
  EXPECT_EQ(hart.get("mtval2"), 0U);
  EXPECT_EQ(hart.get("mtinst"), 0U);
  EXPECT_EQ(hart.get("mstatus") >> 38 & 1, 0U);  // GVA
}

TEST(Trap, SupervisorModeFindsWhereTheTrapCameFrom) {
  for (const Mode mode : {s_mode, u_mode, vs_mode, vu_mode}) {
    for (const bool guest_value : {false, true}) {
      HartUnderTest hart;
      hart.set("medeleg", ~std::uint64_t{0});
      hart.set("mstatus", one << 1);  // SIE
      hart.set("hstatus", one << 8);  // SPVP: kept unless a guest traps
      hart.enter(mode);
      hart.state.trap({Cause::load_guest_page, 0xABCD, guest_value, 0x12345678, 0x3003}, 0x80);
      const std::uint64_t status = hart.get("sstatus");
      const std::uint64_t hypervisor_status = hart.get("hstatus");
      const bool supervisor = mode.privilege == Privilege::supervisor;
      SCOPED_TRACE(name_of(mode));
      EXPECT_EQ(status >> 8 & 1, supervisor);                                    // SPP
      EXPECT_EQ(status >> 5 & 1, 1U);                                            // SPIE
      EXPECT_EQ(status >> 1 & 1, 0U);                                            // SIE
      EXPECT_EQ(hypervisor_status >> 7 & 1, mode.virtualised);                   // SPV
      EXPECT_EQ(hypervisor_status >> 8 & 1, mode.virtualised ? supervisor : 1);  // SPVP
      EXPECT_EQ(hypervisor_status >> 6 & 1, guest_value);                        // GVA
      EXPECT_EQ(hart.get("stval"), 0xABCDU);
      EXPECT_EQ(hart.get("htval"), 0x12345678U / 4);
      EXPECT_EQ(hart.get("htinst"), 0x3003U);
    }
  }
}

TEST(Trap, AGuestsOwnTrapIsUnseenByItsHypervisor) {
  for (const Mode mode : {vs_mode, vu_mode}) {
    HartUnderTest hart;
    hart.set("medeleg", ~std::uint64_t{0});
    hart.set("hedeleg", ~std::uint64_t{0});
    hart.set("vsstatus", one << 1);
    hart.enter(mode);
    const std::uint64_t status = hart.get("mstatus");
    const std::uint64_t hypervisor_status = hart.get("hstatus");
    hart.state.trap({Cause::load_page, 0xABCD, true}, 0x80);
    EXPECT_EQ(hart.state.mode(), vs_mode);
    EXPECT_EQ(hart.get("mstatus"), status);
    EXPECT_EQ(hart.get("hstatus"), hypervisor_status);
    EXPECT_EQ(hart.get("vsstatus") >> 8 & 1, mode == vs_mode);  // SPP
    EXPECT_EQ(hart.get("vsstatus") >> 5 & 1, 1U);               // SPIE
    EXPECT_EQ(hart.get("vsstatus") >> 1 & 1, 0U);               // SIE
    EXPECT_EQ(hart.get("vstval"), 0xABCDU);
  }
}

TEST(Trap, OnlyInterruptsAreVectored) {
  HartUnderTest hart;
  hart.set("mtvec", m_vector | 1);
  EXPECT_EQ(hart.state.trap({Cause::load_page}, 0), m_vector);
  EXPECT_EQ(hart.state.interrupt(Interrupt::machine_timer, 0), m_vector + Address{4} * 7);
  hart.set("mtvec", m_vector);
  EXPECT_EQ(hart.state.interrupt(Interrupt::machine_timer, 0), m_vector);
}

TEST(Trap, MretGoesBackToMppAndMpv) {
  for (unsigned mpp : {0U, 1U, 3U}) {
    for (const bool mpv : {false, true}) {
      HartUnderTest hart;
      hart.set("mepc", 0x4002);
      hart.set("mstatus", std::uint64_t{mpp} << 11 | std::uint64_t{mpv} << 39 | one << 7 |
                              one << 17);  // MPIE, MPRV
      EXPECT_EQ(hart.state.mret(), 0x4002U);
      const bool machine = mpp == 3;
      EXPECT_EQ(hart.state.mode(), (Mode{static_cast<Privilege>(mpp), mpv && !machine}));
      const std::uint64_t status = hart.get("mstatus");
      EXPECT_EQ(status >> 3 & 1, 1U);        // MIE from MPIE
      EXPECT_EQ(status >> 7 & 1, 1U);        // MPIE
      EXPECT_EQ(status >> 11 & 3, 0U);       // MPP
      EXPECT_EQ(status >> 39 & 1, 0U);       // MPV
      EXPECT_EQ(status >> 17 & 1, machine);  // MPRV
    }
  }
}

TEST(Trap, SretOfTheHostGoesBackToSppAndSpv) {
  for (const Mode from : {m_mode, s_mode}) {
    for (const bool spp : {false, true}) {
      for (const bool spv : {false, true}) {
        HartUnderTest hart;
        hart.enter(from);
        hart.set("sepc", 0x4002);
        hart.set("mstatus", std::uint64_t{spp} << 8 | one << 5 | one << 17);  // SPIE, MPRV
        hart.set("hstatus", std::uint64_t{spv} << 7 | one << 8);
        EXPECT_EQ(hart.state.sret(), 0x4002U);
        EXPECT_EQ(hart.state.mode(), (Mode{spp ? Privilege::supervisor : Privilege::user, spv}));
        const std::uint64_t status = hart.get("mstatus");
        EXPECT_EQ(status >> 1 & 1, 1U);                  // SIE from SPIE
        EXPECT_EQ(status >> 5 & 1, 1U);                  // SPIE
        EXPECT_EQ(status >> 8 & 1, 0U);                  // SPP
        EXPECT_EQ(status >> 17 & 1, 0U);                 // MPRV
        EXPECT_EQ(hart.get("hstatus") >> 7 & 3, 0b10U);  // SPV cleared, SPVP kept
      }
    }
  }
}

TEST(Trap, SretOfAGuestStaysInTheGuest) {
  for (const bool spp : {false, true}) {
    HartUnderTest hart;
    hart.set("vsepc", 0x4002);
    hart.set("sepc", 0x5000);
    hart.set("vsstatus", std::uint64_t{spp} << 8);  // SPIE clear
    hart.set("hstatus", one << 7);
    hart.enter(vs_mode);
    hart.set_bits("vsstatus", one << 1);
    EXPECT_EQ(hart.state.sret(), 0x4002U);
    EXPECT_EQ(hart.state.mode(), spp ? vs_mode : vu_mode);
    EXPECT_EQ(hart.get("vsstatus") & (one << 1 | one << 5 | one << 8), one << 5);
    EXPECT_EQ(hart.get("hstatus") >> 7 & 1, 1U);  // SPV is the hypervisor's
  }
}

TEST(Trap, ATrapAndItsReturnRestoreTheModeAndTheInterruptEnable) {
  for (const Mode mode : all_modes) {
    for (const bool enable : {false, true}) {
      HartUnderTest hart;
      hart.set("mstatus", std::uint64_t{enable} << 3);
      hart.enter(mode);
      hart.state.trap({Cause::breakpoint}, 0x1236);
      EXPECT_EQ(hart.state.mret(), 0x1236U);
      EXPECT_EQ(hart.state.mode(), mode);
      EXPECT_EQ(hart.get("mstatus") >> 3 & 1, enable);
    }
  }
}

}  // namespace
}  // namespace kilburn::riscv
