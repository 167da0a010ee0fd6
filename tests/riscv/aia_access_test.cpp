// Who reaches which register of Smaia and Ssaia, and what the indirect ones hold.
#include <gtest/gtest.h>

#include "riscv/aia_hart.h"

namespace kilburn::riscv {
namespace {

constexpr auto granted = Refusal::none;
constexpr auto illegal = Refusal::illegal_instruction;
constexpr auto virtual_one = Refusal::virtual_instruction;
constexpr std::uint64_t ones = ~std::uint64_t{0};

TEST(AiaAccess, WithoutAiaNoneOfItsRegistersIsThere) {
  HartUnderTest hart;
  for (const char* name : {"miselect", "mireg", "mtopei", "mtopi", "mvien", "mvip", "siselect",
                           "sireg", "stopei", "stopi", "hvien", "hvictl", "hviprio1", "hviprio2",
                           "vsiselect", "vsireg", "vstopei", "vstopi"}) {
    EXPECT_EQ(hart.read(name).refusal, illegal) << name;
    EXPECT_FALSE(hart.state.peek(HartUnderTest::number(name), {}).has_value()) << name;
  }
  hart.write("hgeie", ones);
  hart.write("hstatus", ones);
  hart.write("mie", ones);
  EXPECT_EQ(hart.get("hgeie"), 0u);
  EXPECT_EQ(hart.get("hstatus") >> 12 & 63, 0u);
  EXPECT_EQ(hart.get("mie") >> 12, 0u);
  EXPECT_EQ(hart.get("mideleg"), 0x444u);
}

TEST(AiaAccess, SelectRegistersHaveNineBits) {
  AiaHart hart;
  for (const char* name : {"miselect", "siselect", "vsiselect"}) {
    hart.write(name, ones);
    EXPECT_EQ(hart.read(name).value, 0x1FFu) << name;
  }
}

TEST(AiaAccess, AGuestsSelectRegistersAreItsOwn) {
  AiaHart hart;
  hart.set("siselect", 0x30);
  hart.set("vsiselect", 0x72);
  hart.set_vgein(1);
  hart.files.words[{interrupt_file::guest(1), 0x72}] = 9;
  hart.files.tops[interrupt_file::guest(1)] = 4;
  hart.enter(vs_mode);
  EXPECT_EQ(hart.read("siselect").value, 0x72u);
  EXPECT_EQ(hart.read("sireg").value, 9u);
  EXPECT_EQ(hart.write("stopei", 0).refusal, granted);
  EXPECT_EQ(hart.files.claims[interrupt_file::guest(1)], 1u);
}

/// 2.1, 2.2 and 3.7: what a select value names at machine and supervisor level.
Refusal expected_at(std::uint64_t select, bool imsic) {
  if (select >= 0x30 && select <= 0x3F) return select % 2 == 0 ? granted : illegal;
  if (select >= 0x70 && select <= 0x7F) return imsic ? granted : illegal;
  if (select >= 0x80 && select <= 0xFF) return imsic && select % 2 == 0 ? granted : illegal;
  return illegal;
}

TEST(AiaAccess, WindowsShowPrioritiesAndWithAnImsicExternalInterrupts) {
  for (const bool imsic : {false, true}) {
    AiaHart hart(0, imsic);
    for (std::uint64_t select = 0; select < 512; ++select) {
      const Refusal expected = expected_at(select, imsic);
      EXPECT_EQ(hart.indirect("miselect", "mireg", select).refusal, expected) << select;
      EXPECT_EQ(hart.indirect("siselect", "sireg", select).refusal, expected) << select;
      hart.enter(s_mode);
      EXPECT_EQ(hart.read("sireg").refusal, expected) << select;
      hart.enter(m_mode);
    }
  }
}

TEST(AiaAccess, AGuestsWindowNeedsItsFile) {
  for (const std::uint64_t vgein : {0u, 1u, 2u}) {
    AiaHart hart(2);
    hart.set_vgein(vgein);
    for (std::uint64_t select = 0; select < 512; ++select) {
      const bool there = vgein != 0 && select >= 0x70 && expected_at(select, true) == granted;
      EXPECT_EQ(hart.indirect("vsiselect", "vsireg", select).refusal, there ? granted : illegal)
          << select;
      hart.enter(vs_mode);
      EXPECT_EQ(hart.read("sireg").refusal, there ? granted : virtual_one) << select;
      EXPECT_EQ(hart.read("vsireg").refusal, virtual_one);
      hart.enter(vu_mode);
      EXPECT_EQ(hart.read("sireg").refusal, virtual_one);
      hart.enter(u_mode);
      EXPECT_EQ(hart.read("sireg").refusal, illegal);
      hart.enter(m_mode);
    }
  }
}

TEST(AiaAccess, TopExternalRegistersNeedTheirFiles) {
  for (const bool imsic : {false, true}) {
    for (const std::uint64_t vgein : {0u, 1u}) {
      AiaHart hart(1, imsic);
      hart.set_vgein(vgein);
      const bool guest = imsic && vgein != 0;
      EXPECT_EQ(hart.read("mtopei").refusal, imsic ? granted : illegal);
      EXPECT_EQ(hart.read("stopei").refusal, imsic ? granted : illegal);
      EXPECT_EQ(hart.read("vstopei").refusal, guest ? granted : illegal);
      hart.enter(s_mode);
      EXPECT_EQ(hart.read("mtopei").refusal, illegal);
      EXPECT_EQ(hart.read("stopei").refusal, imsic ? granted : illegal);
      EXPECT_EQ(hart.read("vstopei").refusal, guest ? granted : illegal);
      hart.enter(vs_mode);
      EXPECT_EQ(hart.read("stopei").refusal, guest ? granted : virtual_one);
      EXPECT_EQ(hart.read("vstopei").refusal, virtual_one);
      hart.enter(vu_mode);
      EXPECT_EQ(hart.read("stopei").refusal, virtual_one);
      hart.enter(u_mode);
      EXPECT_EQ(hart.read("stopei").refusal, illegal);
    }
  }
}

TEST(AiaAccess, AWriteOfATopExternalRegisterClaimsAndAReadDoesNot) {
  AiaHart hart;
  hart.files.tops[interrupt_file::machine] = 7;
  EXPECT_EQ(hart.read("mtopei").value, 7u << 16 | 7);
  EXPECT_EQ(hart.files.claims[interrupt_file::machine], 0u);
  hart.set_with("mtopei", 1);
  hart.write("mtopei", 0);
  EXPECT_EQ(hart.files.claims[interrupt_file::machine], 2u);
}

TEST(AiaAccess, MvienKeepsTheSupervisorsFileForMachineMode) {
  AiaHart hart(1);
  hart.set_vgein(1);
  hart.set("mvien", one << 9);
  hart.set("siselect", 0x70);
  hart.set("vsiselect", 0x70);
  EXPECT_EQ(hart.read("stopei").refusal, granted);
  EXPECT_EQ(hart.read("sireg").refusal, granted);
  hart.enter(s_mode);
  EXPECT_EQ(hart.read("stopei").refusal, illegal);
  EXPECT_EQ(hart.read("sireg").refusal, illegal);
  EXPECT_EQ(hart.read("vsireg").refusal, granted);
  EXPECT_EQ(hart.read("vstopei").refusal, granted);
  hart.set("siselect", 0x30);
  EXPECT_EQ(hart.read("sireg").refusal, granted);
}

TEST(AiaAccess, VtiHidesPendingBitsFromTheGuest) {
  AiaHart hart;
  hart.set("menvcfg", one << 63);
  hart.set("henvcfg", one << 63);
  hart.set("mcounteren", 2);
  hart.set("hcounteren", 2);
  hart.set("hvictl", one << 30);
  hart.enter(vs_mode);
  for (const char* name : {"sip", "sie"}) {
    EXPECT_EQ(hart.read(name).refusal, virtual_one);
    EXPECT_EQ(hart.write(name, 0).refusal, virtual_one);
  }
  EXPECT_EQ(hart.read("stimecmp").refusal, granted);
  EXPECT_EQ(hart.write("stimecmp", 0).refusal, virtual_one);
  EXPECT_EQ(hart.read("stopi").refusal, granted);
  hart.enter(m_mode);
  hart.set("hvictl", 0);
  hart.enter(vs_mode);
  EXPECT_EQ(hart.read("sip").refusal, granted);
  EXPECT_EQ(hart.write("stimecmp", 0).refusal, granted);
}

/// Bytes of the iprio array that hold a number.
std::uint64_t writable_priorities(AiaHart& hart, const char* select, const char* window) {
  std::uint64_t interrupts = 0;
  for (unsigned number = 0; number < 64; number += 8) {
    hart.set(select, 0x30 + number / 4);
    hart.write(window, ones);
    for (unsigned i = 0; i < 8; ++i) {
      const std::uint64_t byte = hart.read(window).value >> 8 * i & 0xFF;
      EXPECT_TRUE(byte == 0 || byte == 0xFF);
      if (byte != 0) interrupts |= one << (number + i);
    }
  }
  return interrupts;
}

TEST(AiaAccess, PrioritiesAreOfInterruptsThatTheLevelCanEnable) {
  AiaHart hart(2);
  EXPECT_EQ(writable_priorities(hart, "miselect", "mireg"), 0x2AAu);  // 1, 3, 5, 7, 9: not 11
  constexpr std::uint64_t local = ones << 13;
  EXPECT_EQ(writable_priorities(hart, "siselect", "sireg"), local | 0x1466u);  // not 9
  AiaHart without(0);
  EXPECT_EQ(writable_priorities(without, "siselect", "sireg"), local | 0x466u);  // nor 12
}

TEST(AiaAccess, HypervisorPrioritiesAndControlHaveTheirFields) {
  AiaHart hart;
  hart.write("hviprio1", ones);
  hart.write("hviprio2", ones);
  hart.write("hvictl", ones);
  EXPECT_EQ(hart.read("hviprio1").value, 0xFFFF'FF00'FF00'FF00u);
  EXPECT_EQ(hart.read("hviprio2").value, ones);
  EXPECT_EQ(hart.read("hvictl").value, 0x4FFF'03FFu);
}

TEST(AiaAccess, VgeinAndHgeieReachAsFarAsThereAreGuestFiles) {
  AiaHart hart(3);
  hart.write("hgeie", ones);
  EXPECT_EQ(hart.get("hgeie"), 0b1110u);
  hart.set_vgein(3);
  EXPECT_EQ(hart.get("hstatus") >> 12 & 63, 3u);
  hart.set_vgein(4);
  EXPECT_EQ(hart.get("hstatus") >> 12 & 63, 3u);
  EXPECT_EQ(hart.write("hgeip", 0).refusal, illegal);
}

TEST(AiaAccess, TopInterruptsAreReadOnly) {
  AiaHart hart;
  for (const char* name : {"mtopi", "stopi", "vstopi"}) {
    EXPECT_EQ(hart.read(name).refusal, granted);
    EXPECT_EQ(hart.write(name, 0).refusal, illegal);
  }
}

}  // namespace
}  // namespace kilburn::riscv
