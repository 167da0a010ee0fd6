// Pending bits, delegation, enables and priorities of interrupts; Sstc's timers.
#include <gtest/gtest.h>

#include <vector>

#include "common/random.h"
#include "riscv/hart_under_test.h"

namespace kilburn::riscv {
namespace {

constexpr unsigned ssi = 1, vssi = 2, msi = 3, sti = 5, vsti = 6, mti = 7, sei = 9, vsei = 10,
                   mei = 11;
constexpr std::uint64_t stce = one << 63;
constexpr std::uint64_t guest_bits = one << vssi | one << vsti | one << vsei;
constexpr std::uint64_t supervisor_bits = one << ssi | one << sti | one << sei;

unsigned number(Interrupt interrupt) {
  return static_cast<unsigned>(interrupt);
}

/// Makes the interrupts of `bits` pending by whatever makes each so; no Sstc.
void make_pending(HartUnderTest& hart, std::uint64_t bits) {
  hart.set("mip", bits & supervisor_bits);
  hart.set("hvip", bits & guest_bits);
  for (const Interrupt line :
       {Interrupt::machine_software, Interrupt::machine_timer, Interrupt::machine_external}) {
    hart.state.set_line(line, (bits >> number(line) & 1) != 0);
  }
}

TEST(Interrupt, LinesAreReadOnlyInMip) {
  HartUnderTest hart;
  for (const Interrupt line :
       {Interrupt::machine_software, Interrupt::machine_timer, Interrupt::machine_external}) {
    hart.write("mip", ~std::uint64_t{0});
    EXPECT_EQ(hart.get("mip") >> number(line) & 1, 0U);
    hart.state.set_line(line, true);
    hart.write("mip", 0);
    EXPECT_EQ(hart.get("mip") >> number(line) & 1, 1U);
    hart.state.set_line(line, false);
    EXPECT_EQ(hart.get("mip") >> number(line) & 1, 0U);
  }
}

TEST(Interrupt, MipHasFourBitsThatSoftwareWrites) {
  HartUnderTest hart;
  hart.write("mip", ~std::uint64_t{0});
  EXPECT_EQ(hart.get("mip"), supervisor_bits | one << vssi);
  hart.write("mip", 0);
  EXPECT_EQ(hart.get("mip"), 0U);
}

TEST(Interrupt, SeipIsTheSoftwareBitOrTheLine) {
  HartUnderTest hart;
  for (const bool software : {false, true}) {
    for (const bool line : {false, true}) {
      hart.write("mip", std::uint64_t{software} << sei);
      hart.state.set_line(Interrupt::supervisor_external, line);
      EXPECT_EQ(hart.get("mip") >> sei & 1, software || line);
    }
  }
}

TEST(Interrupt, AModifyingWriteOfMipDoesNotTurnTheLineIntoTheSoftwareBit) {
  HartUnderTest hart;
  hart.state.set_line(Interrupt::supervisor_external, true);
  EXPECT_EQ(hart.set_with("mip", one << ssi).value, one << sei);
  hart.clear_with("mip", one << ssi);
  hart.state.set_line(Interrupt::supervisor_external, false);
  EXPECT_EQ(hart.get("mip"), 0U);

  hart.set_with("mip", one << sei);
  hart.state.set_line(Interrupt::supervisor_external, true);
  hart.clear_with("mip", one << sei);
  EXPECT_EQ(hart.get("mip"), one << sei);
  hart.state.set_line(Interrupt::supervisor_external, false);
  EXPECT_EQ(hart.get("mip"), 0U);
}

TEST(Interrupt, AModifyingWriteOfMipKeepsTheOtherBits) {
  HartUnderTest hart;
  hart.write("mip", supervisor_bits | one << vssi);
  hart.clear_with("mip", one << sti);
  EXPECT_EQ(hart.get("mip"), one << ssi | one << sei | one << vssi);
  hart.set_with("mip", one << sti);
  EXPECT_EQ(hart.get("mip"), supervisor_bits | one << vssi);
}

TEST(Interrupt, SipAndSieShowWhatIsDelegated) {
  for (const std::uint64_t delegated :
       {std::uint64_t{0}, one << ssi, one << sti, one << sei, supervisor_bits}) {
    HartUnderTest hart;
    make_pending(hart, ~std::uint64_t{0});
    hart.set("mie", ~std::uint64_t{0});
    hart.set("mideleg", delegated);
    EXPECT_EQ(hart.read("sip").value, delegated);
    EXPECT_EQ(hart.read("sie").value, delegated);
    hart.write("sie", 0);
    hart.write("sip", 0);
    EXPECT_EQ(hart.read("sie").value, 0U);
    EXPECT_EQ(hart.get("mie") & supervisor_bits, supervisor_bits & ~delegated);
    EXPECT_EQ(hart.get("mie") & guest_bits, guest_bits);
    // SSIP alone can be cleared through sip.
    EXPECT_EQ(hart.get("mip") & supervisor_bits, supervisor_bits & ~(delegated & one << ssi));
  }
}

TEST(Interrupt, VsipAndVsieShowOnePlaceLowerWhatIsDelegated) {
  for (const std::uint64_t delegated :
       {std::uint64_t{0}, one << vssi, one << vsti, one << vsei, guest_bits}) {
    HartUnderTest hart;
    make_pending(hart, ~std::uint64_t{0});
    hart.set("mie", ~std::uint64_t{0});
    hart.set("hideleg", delegated);
    hart.enter(vs_mode);
    EXPECT_EQ(hart.read("sip").value, delegated >> 1);
    EXPECT_EQ(hart.read("sie").value, delegated >> 1);
    hart.write("sie", 0);
    hart.write("sip", 0);
    EXPECT_EQ(hart.read("sie").value, 0U);
    EXPECT_EQ(hart.get("hie"), guest_bits & ~delegated);
    EXPECT_EQ(hart.get("mie") & supervisor_bits, supervisor_bits);
    EXPECT_EQ(hart.get("hvip"), guest_bits & ~(delegated & one << vssi));
  }
}

TEST(Interrupt, HipShowsHvipAndWritesVssipOnly) {
  HartUnderTest hart;
  hart.write("hvip", one << vsti | one << vsei);
  EXPECT_EQ(hart.read("hip").value, one << vsti | one << vsei);
  hart.write("hip", one << vssi);
  EXPECT_EQ(hart.read("hvip").value, guest_bits);
  hart.write("hip", 0);
  EXPECT_EQ(hart.read("hvip").value, one << vsti | one << vsei);
}

/// The rules of 3.1.9 and 8.6.2 as sentences; order: the level first, then the list.
std::optional<unsigned> expected_interrupt(HartUnderTest& hart, Mode mode) {
  const std::uint64_t wanted = hart.get("mip") & hart.get("mie");
  const std::uint64_t to_s = hart.get("mideleg");
  const std::uint64_t to_vs = to_s & hart.get("hideleg");
  const bool mie = (hart.get("mstatus") >> 3 & 1) != 0;
  const bool sie = (hart.get("mstatus") >> 1 & 1) != 0;
  const bool vsie = (hart.get("vsstatus") >> 1 & 1) != 0;
  std::uint64_t levels[3] = {};
  if (mode != m_mode || mie) levels[0] = wanted & ~to_s;
  if (mode.virtualised || mode == u_mode || (mode == s_mode && sie)) {
    levels[1] = wanted & to_s & ~to_vs;
  }
  if (mode == vu_mode || (mode == vs_mode && vsie)) levels[2] = wanted & to_vs;
  for (const std::uint64_t level : levels) {
    for (const unsigned candidate : {mei, msi, mti, sei, ssi, sti, vsei, vssi, vsti}) {
      if ((level >> candidate & 1) != 0) return candidate;
    }
  }
  return std::nullopt;
}

TEST(Interrupt, TheMostUrgentOfTheHighestLevelThatIsEnabledIsTaken) {
  constexpr std::uint64_t seed = 41;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::uint64_t random = seed;
  unsigned taken = 0;
  for (int i = 0; i < 10000; ++i) {
    HartUnderTest hart;
    make_pending(hart, next_random(random));
    // Few at a time, so that the low priorities get their turn.
    hart.set("mie", next_random(random) & next_random(random) & next_random(random));
    hart.set("mideleg", next_random(random));
    hart.set("hideleg", next_random(random));
    hart.set("vsstatus", next_random(random));
    hart.set("mstatus", next_random(random) & (one << 1 | one << 3));
    const Mode mode = all_modes[next_random(random) % std::size(all_modes)];
    hart.enter(mode);
    const auto expected = expected_interrupt(hart, mode);
    const auto pending = hart.state.pending_interrupt();
    ASSERT_EQ(pending.has_value(), expected.has_value());
    if (expected) {
      ++taken;
      ASSERT_EQ(number(*pending), *expected);
    }
    ASSERT_EQ(hart.state.wakes_wfi(), (hart.get("mip") & hart.get("mie")) != 0);
  }
  EXPECT_GT(taken, 1000U);
}

TEST(Interrupt, EveryInterruptIsTakenByItsDestination) {
  for (const unsigned interrupt : {ssi, vssi, msi, sti, vsti, mti, sei, vsei, mei}) {
    for (unsigned delegation = 0; delegation < 4; ++delegation) {
      HartUnderTest hart;
      hart.set("mtvec", 0x1001);
      hart.set("stvec", 0x2001);
      hart.set("vstvec", 0x3001);
      hart.set("mideleg", (delegation & 1) != 0 ? supervisor_bits : 0);
      hart.set("hideleg", (delegation & 2) != 0 ? guest_bits : 0);
      hart.set("mie", ~std::uint64_t{0});
      make_pending(hart, one << interrupt);
      hart.enter(vu_mode);
      ASSERT_EQ(number(hart.state.pending_interrupt().value()), interrupt);
      const Address handler = hart.state.interrupt(static_cast<Interrupt>(interrupt), 0x88);

      const bool guests = (one << interrupt & guest_bits) != 0;
      const bool supervisors = (one << interrupt & supervisor_bits) != 0;
      const bool to_guest = guests && (delegation & 2) != 0;
      const bool to_supervisor = !to_guest && (guests || (supervisors && (delegation & 1) != 0));
      const std::string level = to_guest ? "vs" : to_supervisor ? "s" : "m";
      const unsigned code = to_guest ? interrupt - 1 : interrupt;
      SCOPED_TRACE("interrupt " + std::to_string(interrupt) + " to " + level);
      EXPECT_EQ(handler, (to_guest ? 0x3000U : to_supervisor ? 0x2000U : 0x1000U) + 4 * code);
      EXPECT_EQ(hart.get(level + "cause"), one << 63 | code);
      EXPECT_EQ(hart.get(level + "epc"), 0x88U);
      EXPECT_EQ(hart.get(level + "tval"), 0U);
      EXPECT_EQ(hart.state.mode(), to_guest ? vs_mode : to_supervisor ? s_mode : m_mode);
    }
  }
}

TEST(Interrupt, WfiEndsWhateverTheGlobalEnablesAndTheDelegationSay) {
  HartUnderTest hart;
  EXPECT_FALSE(hart.state.wakes_wfi());
  hart.state.set_line(Interrupt::machine_timer, true);
  EXPECT_FALSE(hart.state.wakes_wfi());
  hart.set("mie", one << mti);
  EXPECT_TRUE(hart.state.wakes_wfi());
  EXPECT_EQ(hart.state.pending_interrupt(), std::nullopt);  // MIE is clear
}

TEST(Interrupt, StimecmpDrivesStipWhileStceIsSet) {
  HartUnderTest hart;
  hart.set("menvcfg", stce);
  hart.write("stimecmp", 100);
  hart.write("mip", one << sti);  // read-only now
  EXPECT_EQ(hart.get("mip") >> sti & 1, 0U);
  hart.set("menvcfg", 0);
  EXPECT_EQ(hart.get("mip") >> sti & 1, 0U);
  hart.set("menvcfg", stce);
  EXPECT_EQ(hart.state.next_timer(), 100U);
  hart.now.time = 99;
  hart.state.update_timers(99);
  EXPECT_EQ(hart.get("mip") >> sti & 1, 0U);
  hart.set("mie", one << sti);
  EXPECT_FALSE(hart.state.wakes_wfi());
  hart.now.time = 100;
  hart.state.update_timers(100);
  EXPECT_EQ(hart.get("mip") >> sti & 1, 1U);
  EXPECT_TRUE(hart.state.wakes_wfi());
  EXPECT_EQ(hart.state.next_timer(), UINT64_MAX);
  hart.write("stimecmp", 101);  // clears it at once
  EXPECT_FALSE(hart.state.wakes_wfi());
  EXPECT_EQ(hart.state.next_timer(), 101U);
}

TEST(Interrupt, AComparatorInThePastIsPendingAtOnce) {
  HartUnderTest hart;
  hart.set("menvcfg", stce);
  hart.set("mie", one << sti);
  hart.write("stimecmp", UINT64_MAX);
  hart.now.time = 50;  // the hart has told nothing since time 0
  hart.write("stimecmp", 40);
  EXPECT_TRUE(hart.state.wakes_wfi());
}

TEST(Interrupt, WithoutStceStipIsSoftwaresAndNoTimerIsAwaited) {
  HartUnderTest hart;
  hart.write("stimecmp", 100);
  hart.state.update_timers(200);
  hart.now.time = 200;
  EXPECT_EQ(hart.get("mip") >> sti & 1, 0U);
  EXPECT_EQ(hart.state.next_timer(), UINT64_MAX);
  hart.write("mip", one << sti);
  EXPECT_EQ(hart.get("mip") >> sti & 1, 1U);
}

TEST(Interrupt, VstimecmpComparesWithTheGuestsTime) {
  HartUnderTest hart;
  hart.set("menvcfg", stce);
  hart.set("henvcfg", stce);
  hart.set("stimecmp", UINT64_MAX);
  hart.set("htimedelta", 1000);
  hart.set("vstimecmp", 1100);
  EXPECT_EQ(hart.state.next_timer(), 100U);
  hart.state.update_timers(99);
  hart.now.time = 99;
  EXPECT_EQ(hart.get("hip"), 0U);
  hart.now.time = 100;
  hart.state.update_timers(100);
  EXPECT_EQ(hart.get("hip"), one << vsti);
  EXPECT_EQ(hart.get("hvip"), 0U);
  hart.set("vstimecmp", 1200);
  EXPECT_EQ(hart.get("hip"), 0U);
  hart.set("hvip", one << vsti);  // software may raise it beside the timer
  EXPECT_EQ(hart.get("hip"), one << vsti);
}

TEST(Interrupt, TheNextTimerIsTheEarlierOfTheHostsAndTheGuests) {
  HartUnderTest hart;
  hart.set("menvcfg", stce);
  hart.set("henvcfg", stce);
  hart.set("htimedelta", ~std::uint64_t{0} - 9);  // -10
  hart.set("stimecmp", 500);
  hart.now.time = 20;
  hart.set("vstimecmp", 400);
  EXPECT_EQ(hart.state.next_timer(), 410U);
  hart.set("stimecmp", 300);
  EXPECT_EQ(hart.state.next_timer(), 300U);
  hart.set("stimecmp", UINT64_MAX);
  hart.set("vstimecmp", UINT64_MAX);
  EXPECT_EQ(hart.state.next_timer(), UINT64_MAX);
}

}  // namespace
}  // namespace kilburn::riscv
