// The CSRs' names and legal values. Masks and fixed bits are written from the manual's figures.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "common/random.h"
#include "riscv/csr/csr_numbers.h"
#include "riscv/hart_under_test.h"

namespace kilburn::riscv {
namespace {

constexpr std::uint64_t all = ~std::uint64_t{0};
constexpr std::uint64_t even = ~std::uint64_t{1};

constexpr std::uint64_t set_of(std::initializer_list<unsigned> positions) {
  std::uint64_t value = 0;
  for (const unsigned position : positions) value |= one << position;
  return value;
}

/// What a register may hold: the bits of `writable` as written, all others as in `fixed`.
struct Legal {
  std::uint64_t writable = 0;
  std::uint64_t fixed = 0;
};

/// Registers whose writable bits depend on nothing else. With hypervisor, 16 PMP entries, Sv57.
const std::map<std::string, Legal>& simple_registers() {
  static const std::map<std::string, Legal> registers = {
      {"fflags", {0x1F}},
      {"frm", {0x7}},
      {"fcsr", {0xFF}},
      {"scounteren", {0xFFFFFFFF}},
      {"senvcfg", {1}},
      {"sscratch", {all}},
      {"sepc", {even}},
      {"scause", {all}},
      {"stval", {all}},
      {"stimecmp", {all}},
      {"hstatus", {set_of({6, 7, 8, 9, 20, 21, 22}), 2 * (one << 32)}},
      {"hedeleg", {set_of({0, 1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 15})}},
      {"hideleg", {set_of({2, 6, 10})}},
      {"hie", {set_of({2, 6, 10})}},
      {"htimedelta", {all}},
      {"hcounteren", {0xFFFFFFFF}},
      {"hgeie", {0}},
      {"htval", {all}},
      {"hvip", {set_of({2, 6, 10})}},
      {"htinst", {all}},
      {"vsscratch", {all}},
      {"vsepc", {even}},
      {"vscause", {all}},
      {"vstval", {all}},
      {"vstimecmp", {all}},
      {"misa", {0, 2 * (one << 62) | set_of({0, 2, 3, 5, 7, 8, 12, 18, 20})}},
      {"medeleg", {set_of({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 20, 21, 22, 23})}},
      {"mideleg", {set_of({1, 5, 9}), set_of({2, 6, 10})}},
      {"mie", {set_of({1, 2, 3, 5, 6, 7, 9, 10, 11})}},
      {"mcounteren", {0xFFFFFFFF}},
      {"menvcfg", {set_of({0, 63})}},
      {"mcountinhibit", {set_of({0, 2})}},
      {"mscratch", {all}},
      {"mepc", {even}},
      {"mcause", {all}},
      {"mtval", {all}},
      {"mtinst", {all}},
      {"mtval2", {all}},
      {"mlrealm", {0xFFFF}},
      {"mcycle", {all}},
      {"minstret", {all}},
      {"tselect", {0}},
      {"tdata1", {0}},
      {"tdata2", {0}},
      {"tdata3", {0}},
  };
  return registers;
}

/// Their legal values are tested one by one, below or in the other files.
const std::set<std::string>& special_registers() {
  static const std::set<std::string> registers = {
      "sstatus", "vsstatus", "mstatus", "stvec", "mtvec",  "vstvec", "satp",
      "vsatp",   "hgatp",    "sie",     "vsie",  "sip",    "vsip",   "hip",
      "mip",     "henvcfg",  "cycle",   "time",  "instret"};
  return registers;
}

template <class Check>
void for_values(std::uint64_t seed, Check check) {
  SCOPED_TRACE("seed " + std::to_string(seed));
  check(std::uint64_t{0});
  check(all);
  for (std::uint64_t i = 0; i < 200; ++i) check(mix64(seed + i));
}

TEST(Csr, NamesAndNumbersAreEachOthersInverse) {
  for (const Csr& csr : csr_list()) {
    EXPECT_EQ(csr_number(csr.name), csr.number) << csr.name;
    EXPECT_EQ(csr_name(csr.number), csr.name);
  }
  EXPECT_EQ(csr_number("mstatus"), 0x300);
  EXPECT_EQ(csr_number("hgatp"), 0x680);
  EXPECT_EQ(csr_number("hpmcounter31"), 0xC1F);
  EXPECT_EQ(csr_number("pmpaddr63"), 0x3EF);
  EXPECT_EQ(csr_number("pmpcfg14"), 0x3AE);
  EXPECT_EQ(csr_number("stimecmp"), 0x14D);
  EXPECT_EQ(csr_number("mseccfg"), std::nullopt);
  EXPECT_EQ(csr_name(0x7B0), "");
  EXPECT_EQ(csr_name(0xFFFF), "");
}

TEST(Csr, TheListIsInOrderOfNumbersWithoutRepetition) {
  const auto list = csr_list();
  EXPECT_TRUE(std::ranges::is_sorted(list, std::ranges::less_equal{}, &Csr::number));
  EXPECT_EQ(std::ranges::adjacent_find(list, {}, &Csr::number), list.end());
}

TEST(Csr, EveryRegisterHasATestOfItsLegalValues) {
  for (const Csr& csr : csr_list()) {
    if (csr::of_aia(csr.number)) continue;  // aia_access_test.cpp, top_interrupt_test.cpp
    const bool family = csr.name.find("hpm") != std::string::npos || csr.name.starts_with("pmp");
    const bool read_only = csr.number >> 10 == 3;
    EXPECT_TRUE(family || read_only || simple_registers().contains(csr.name) ||
                special_registers().contains(csr.name))
        << csr.name;
  }
}

TEST(Csr, ARegisterHoldsItsWritableBitsAndNoOther) {
  for (const auto& entry : simple_registers()) {
    const std::string& name = entry.first;
    const Legal& legal = entry.second;
    SCOPED_TRACE(name);
    HartUnderTest hart;
    hart.set("mstatus", one << 13);  // FS: initial
    for_values(7, [&](std::uint64_t value) {
      ASSERT_EQ(hart.write(name, value).refusal, Refusal::none);
      hart.now.instructions++;  // of the write itself
      ASSERT_EQ(hart.read(name).value, legal.fixed | (value & legal.writable)) << std::hex << value;
    });
  }
}

TEST(Csr, AReadReturnsTheValueBeforeTheWrite) {
  HartUnderTest hart;
  hart.write("mscratch", 0b1100);
  EXPECT_EQ(hart.set_with("mscratch", 0b0110).value, 0b1100U);
  EXPECT_EQ(hart.clear_with("mscratch", 0b1000).value, 0b1110U);
  EXPECT_EQ(hart.read("mscratch").value, 0b0110U);
}

TEST(Csr, HardwarePerformanceCountersAndEventsReadZero) {
  HartUnderTest hart;
  for (unsigned i = 3; i < 32; ++i) {
    for (const char* name : {"mhpmcounter", "mhpmevent"}) {
      EXPECT_EQ(hart.write(name + std::to_string(i), all).refusal, Refusal::none);
      EXPECT_EQ(hart.read(name + std::to_string(i)).value, 0U);
    }
    EXPECT_EQ(hart.read("hpmcounter" + std::to_string(i)).value, 0U);
  }
}

TEST(Csr, IdentityRegistersAreReadOnly) {
  HartUnderTest hart({.harts = 8}, 5);
  EXPECT_EQ(hart.read("mhartid").value, 5U);
  for (const char* name : {"mvendorid", "marchid", "mimpid", "mconfigptr"}) {
    EXPECT_EQ(hart.read(name).value, 0U) << name;
  }
  for (const char* name : {"mvendorid", "marchid", "mimpid", "mhartid", "mconfigptr", "hgeip"}) {
    EXPECT_EQ(hart.write(name, 0).refusal, Refusal::illegal_instruction) << name;
    EXPECT_EQ(hart.set_with(name, 0).refusal, Refusal::illegal_instruction) << name;
    EXPECT_EQ(hart.read(name).refusal, Refusal::none) << name;
    EXPECT_FALSE(hart.state.poke(HartUnderTest::number(name), 0, {})) << name;
  }
}

TEST(Csr, NumbersWithoutARegisterAreIllegal) {
  HartUnderTest hart;
  for (unsigned number = 0; number < 4096; ++number) {
    const auto csr = static_cast<std::uint16_t>(number);
    const bool there = hart.state.peek(csr, {}).has_value();
    const CsrResult result = hart.state.access({csr, CsrOperation::set, 0, true, false}, {});
    const bool float_off = number >= 1 && number <= 3;
    EXPECT_EQ(result.refusal == Refusal::none, there && !float_off) << std::hex << number;
    if (csr_name(csr).empty()) {
      EXPECT_FALSE(there) << std::hex << number;
      EXPECT_FALSE(hart.state.poke(csr, 0, {})) << std::hex << number;
    }
  }
}

TEST(Csr, WithoutTheHypervisorExtensionItsRegistersAndBitsAreAbsent) {
  HartUnderTest hart({.hypervisor = false, .aia = true, .guest_files = 3});
  for (const Csr& csr : csr_list()) {
    const bool of_hypervisor =
        (csr.number >> 8 & 3) == 2 || csr.name == "mtinst" || csr.name == "mtval2";
    const bool of_pmp = csr.name.starts_with("pmp");
    if (of_pmp) continue;
    EXPECT_EQ(hart.state.peek(csr.number, {}).has_value(), !of_hypervisor) << csr.name;
  }
  hart.write("mstatus", all & ~(one << 17));
  EXPECT_EQ(hart.get("mstatus") & set_of({38, 39}), 0U);
  hart.write("medeleg", all);
  EXPECT_EQ(hart.get("medeleg"), set_of({0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15}));
  hart.write("mideleg", all);
  EXPECT_EQ(hart.get("mideleg"), set_of({1, 5, 9}));
  hart.write("mie", all);
  EXPECT_EQ(hart.get("mie"), set_of({1, 3, 5, 7, 9, 11}));
  hart.write("mip", all);
  EXPECT_EQ(hart.get("mip"), set_of({1, 5, 9}));
  EXPECT_EQ(hart.get("misa") & one << 7, 0U);
}

TEST(Csr, MstatusHoldsItsFieldsAndComputesSd) {
  HartUnderTest hart;
  constexpr std::uint64_t plain = set_of({1, 3, 5, 7, 8, 13, 14, 17, 18, 19, 20, 21, 22, 38, 39});
  for_values(11, [&](std::uint64_t value) {
    const std::uint64_t mpp_before = hart.get("mstatus") >> 11 & 3;
    const std::uint64_t wanted = value >> 11 & 3;
    hart.write("mstatus", value);
    const std::uint64_t mpp = wanted == 2 ? mpp_before : wanted;
    std::uint64_t expected = (value & plain) | mpp << 11 | 2 * (one << 32) | 2 * (one << 34);
    if ((value >> 13 & 3) == 3) expected |= one << 63;
    ASSERT_EQ(hart.read("mstatus").value, expected) << std::hex << value;
  });
}

TEST(Csr, SstatusIsAViewOfMstatus) {
  HartUnderTest hart;
  constexpr std::uint64_t shown = set_of({1, 5, 8, 13, 14, 18, 19, 63});
  constexpr std::uint64_t uxl = 2 * (one << 32);
  for_values(13, [&](std::uint64_t value) {
    hart.write("mstatus", value);
    ASSERT_EQ(hart.read("sstatus").value, (hart.get("mstatus") & shown) | uxl);
    const std::uint64_t before = hart.get("mstatus");
    const std::uint64_t second = mix64(value);
    hart.write("sstatus", second);
    constexpr std::uint64_t writable = shown & ~(one << 63);
    ASSERT_EQ(hart.get("mstatus") & ~shown, before & ~shown);
    ASSERT_EQ(hart.get("mstatus") & writable, second & writable);
  });
}

TEST(Csr, VsstatusIsTheGuestsOwnSstatus) {
  HartUnderTest hart;
  hart.write("mstatus", 0);
  for_values(17, [&](std::uint64_t value) {
    hart.write("vsstatus", value);
    std::uint64_t expected = (value & set_of({1, 5, 8, 13, 14, 18, 19})) | 2 * (one << 32);
    if ((value >> 13 & 3) == 3) expected |= one << 63;
    ASSERT_EQ(hart.read("vsstatus").value, expected);
  });
  EXPECT_EQ(hart.get("mstatus"), 2 * (one << 32) | 2 * (one << 34));
}

TEST(Csr, ATrapVectorIsDirectOrVectoredAndIgnoresReservedModes) {
  for (const char* name : {"mtvec", "stvec", "vstvec"}) {
    HartUnderTest hart;
    std::uint64_t expected = 0;
    for_values(19, [&](std::uint64_t value) {
      if ((value & 3) < 2) expected = value;
      hart.write(name, value);
      ASSERT_EQ(hart.read(name).value, expected) << name;
    });
  }
}

bool supported(std::uint64_t atp, PagingMode largest) {
  const std::uint64_t mode = atp >> 60;
  return mode == 0 || (mode >= 8 && mode <= 5 + static_cast<std::uint64_t>(largest));
}

TEST(Csr, AWriteOfSatpWithAnUnsupportedModeChangesNothing) {
  for (const PagingMode largest : {PagingMode::sv39, PagingMode::sv48, PagingMode::sv57}) {
    HartUnderTest hart({.largest_mode = largest});
    std::uint64_t expected = 0;
    for_values(23, [&](std::uint64_t value) {
      if (supported(value, largest)) expected = value;
      hart.write("satp", value);
      ASSERT_EQ(hart.read("satp").value, expected);
    });
  }
}

TEST(Csr, VsatpKeepsItsModeAgainstAnUnsupportedOneAndTakesTheOtherFields) {
  for (const PagingMode largest : {PagingMode::sv39, PagingMode::sv48, PagingMode::sv57}) {
    HartUnderTest hart({.largest_mode = largest});
    std::uint64_t mode = 0;
    for_values(29, [&](std::uint64_t value) {
      if (supported(value, largest)) mode = value >> 60;
      hart.write("vsatp", value);
      ASSERT_EQ(hart.read("vsatp").value, (value & (all >> 4)) | mode << 60);
    });
  }
}

TEST(Csr, InAGuestSatpIsVsatpAndIgnoresUnsupportedModes) {
  HartUnderTest hart({.largest_mode = PagingMode::sv39});
  hart.set("satp", 8 * (one << 60) | 5);
  hart.set("vsatp", 8 * (one << 60) | 7);
  hart.enter(vs_mode);
  EXPECT_EQ(hart.write("satp", 9 * (one << 60) | 9).refusal, Refusal::none);
  EXPECT_EQ(hart.read("satp").value, 8 * (one << 60) | 7);
  EXPECT_EQ(hart.write("satp", 8 * (one << 60) | 11).refusal, Refusal::none);
  EXPECT_EQ(hart.get("vsatp"), 8 * (one << 60) | 11);
  EXPECT_EQ(hart.get("satp"), 8 * (one << 60) | 5);
}

TEST(Csr, HgatpHasAnAlignedRootAndOnlyTheVmidsThatTheHartOwns) {
  for (const unsigned harts : {1U, 2U, 3U, 8U}) {
    HartUnderTest hart({.harts = harts});
    unsigned hart_bits = 0;
    while (one << hart_bits < harts) ++hart_bits;
    const std::uint64_t vmids = (one << (14 - hart_bits)) - 1;
    std::uint64_t mode = 0;
    for_values(31, [&](std::uint64_t value) {
      if (supported(value, PagingMode::sv57)) mode = value >> 60;
      hart.write("hgatp", value);
      const std::uint64_t root = value & ((one << 44) - 4);
      ASSERT_EQ(hart.read("hgatp").value, root | (value & vmids << 44) | mode << 60);
    });
  }
}

TEST(Csr, HenvcfgStceIsZeroWhileMenvcfgStceIs) {
  HartUnderTest hart;
  for_values(37, [&](std::uint64_t value) {
    hart.write("menvcfg", 0);
    hart.write("henvcfg", value);
    ASSERT_EQ(hart.read("henvcfg").value, value & 1);
    hart.write("menvcfg", one << 63);
    hart.write("henvcfg", value);
    ASSERT_EQ(hart.read("henvcfg").value, value & (one << 63 | 1));
  });
}

TEST(Csr, HenvcfgStceIsNotWrittenWhileItIsReadOnly) {
  HartUnderTest hart;
  hart.write("henvcfg", one << 63);
  hart.write("menvcfg", one << 63);
  EXPECT_EQ(hart.read("henvcfg").value, 0U);
}

TEST(Csr, AdueIsThereWhereSoftwareChoosesWhoUpdatesTables) {
  constexpr std::uint64_t adue = one << 61;
  HartUnderTest without;
  without.write("menvcfg", adue);
  EXPECT_EQ(without.read("menvcfg").value, 0U);
  without.write("henvcfg", adue);
  EXPECT_EQ(without.read("henvcfg").value, 0U);

  HartUnderTest hart({.adue = true});
  EXPECT_EQ(hart.read("menvcfg").value, 0U) << "Svade until software asks for updates";
  hart.write("henvcfg", adue);
  EXPECT_EQ(hart.read("henvcfg").value, 0U);
  hart.write("menvcfg", adue);
  EXPECT_EQ(hart.read("menvcfg").value, adue);
  hart.write("henvcfg", adue);
  EXPECT_EQ(hart.read("henvcfg").value, adue);
  hart.write("menvcfg", 0);
  EXPECT_EQ(hart.read("menvcfg").value, 0U);
  EXPECT_EQ(hart.read("henvcfg").value, 0U) << "read-only zero while menvcfg's is zero";
  hart.write("henvcfg", adue);
  EXPECT_EQ(hart.read("henvcfg").value, 0U);
}

TEST(Csr, FcsrIsMadeOfFrmAndFflags) {
  HartUnderTest hart;
  hart.set("mstatus", one << 13);
  hart.write("frm", 5);
  hart.write("fflags", 0x12);
  EXPECT_EQ(hart.read("fcsr").value, 5U << 5 | 0x12);
  hart.write("fcsr", 3U << 5 | 0x0D);
  EXPECT_EQ(hart.state.frm, 3);
  EXPECT_EQ(hart.state.fflags, 0x0D);
}

TEST(Csr, PmpRegistersAreThereForTheEntriesConfigured) {
  for (const unsigned entries : {0U, 16U, 64U}) {
    HartUnderTest hart({.pmp_entries = entries});
    for (unsigned i = 0; i < 64; ++i) {
      const std::string name = "pmpaddr" + std::to_string(i);
      const auto expected = i < entries ? Refusal::none : Refusal::illegal_instruction;
      EXPECT_EQ(hart.write(name, all).refusal, expected) << name;
      EXPECT_EQ(hart.read(name).value, i < entries ? (one << 54) - 1 : 0);
    }
    for (unsigned i = 0; i < 16; ++i) {
      const auto number = static_cast<std::uint16_t>(0x3A0 + i);
      EXPECT_EQ(hart.state.peek(number, {}).has_value(), i % 2 == 0 && i * 4 < entries) << i;
    }
  }
}

TEST(Csr, ResetRestoresEveryRegisterAndLeavesTheLines) {
  HartUnderTest hart;
  const HartUnderTest fresh;
  for (const Csr& csr : csr_list()) {
    if (!csr.name.starts_with("pmpcfg")) hart.state.poke(csr.number, 0x7A5A5A5A5A5A5A5A, {});
  }
  hart.set("pmpcfg0", 0x9F);
  hart.state.set_line(Interrupt::machine_timer, true);
  hart.enter(vs_mode);
  hart.state.reset();
  EXPECT_EQ(hart.state.mode(), m_mode);
  for (const Csr& csr : csr_list()) {
    if (csr.name == "mip") continue;
    EXPECT_EQ(hart.state.peek(csr.number, {}), fresh.state.peek(csr.number, {})) << csr.name;
  }
  EXPECT_EQ(hart.get("mip"), one << 7);
}

}  // namespace
}  // namespace kilburn::riscv
