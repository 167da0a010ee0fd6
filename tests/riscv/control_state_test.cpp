// Address spaces, legality of system instructions, and what holds in every state.
#include "riscv/csr/control_state.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "common/error.h"
#include "common/random.h"
#include "platform/configuration/config_file.h"
#include "riscv/hart_under_test.h"

namespace kilburn::riscv {
namespace {

constexpr std::uint64_t sv39 = std::uint64_t{8} << 60;
constexpr std::uint64_t sv48 = std::uint64_t{9} << 60;
constexpr std::uint64_t sum = one << 18;
constexpr std::uint64_t mxr = one << 19;

std::uint64_t table(std::uint64_t mode, std::uint64_t id, std::uint64_t ppn) {
  return mode | id << 44 | ppn;
}

HartUnderTest paged() {
  HartUnderTest hart;
  hart.set("satp", table(sv39, 7, 0x1234));
  hart.set("vsatp", table(sv48, 9, 0x5678));
  hart.set("hgatp", table(sv39, 5, 0x9ABC));
  return hart;
}

void expect_host(const AddressSpace& space) {
  EXPECT_FALSE(space.guest);
  EXPECT_EQ(space.regime.stage1, PagingMode::sv39);
  EXPECT_EQ(space.regime.root, 0x1234U);
  EXPECT_EQ(space.regime.guest_stage, PagingMode::bare);
  EXPECT_EQ(space.regime.context, (Context{.asid = 7, .vmid = 0}));
}

void expect_guest(const AddressSpace& space) {
  EXPECT_TRUE(space.guest);
  EXPECT_EQ(space.regime.stage1, PagingMode::sv48);
  EXPECT_EQ(space.regime.root, 0x5678U);
  EXPECT_EQ(space.regime.guest_stage, PagingMode::sv39);
  EXPECT_EQ(space.regime.guest_root, 0x9ABCU);
  EXPECT_EQ(space.regime.context, (Context{.asid = 9, .vmid = 6}));
}

TEST(ControlState, AHartStartsInMachineModeWithBareAddresses) {
  const ControlState state({}, 0);
  EXPECT_EQ(state.mode(), m_mode);
  EXPECT_FALSE(state.fetch_space().translated());
  EXPECT_FALSE(state.data_space().translated());
  EXPECT_EQ(state.pending_interrupt(), std::nullopt);
}

TEST(ControlState, EachModeHasItsAddressSpace) {
  HartUnderTest hart = paged();
  for (const Mode mode : all_modes) {
    hart.enter(mode);
    for (const AddressSpace& space : {hart.state.fetch_space(), hart.state.data_space()}) {
      SCOPED_TRACE(name_of(mode));
      EXPECT_EQ(space.privilege.privilege, mode.privilege);
      if (mode == m_mode) {
        EXPECT_FALSE(space.translated());
        EXPECT_FALSE(space.guest);
      } else if (mode.virtualised) {
        expect_guest(space);
      } else {
        expect_host(space);
      }
    }
  }
}

TEST(ControlState, MprvMakesDataAccessesThoseOfMppAndMpv) {
  for (const unsigned mpp : {0U, 1U, 3U}) {
    for (const bool mpv : {false, true}) {
      HartUnderTest hart = paged();
      hart.set("mstatus", one << 17 | std::uint64_t{mpp} << 11 | std::uint64_t{mpv} << 39);
      EXPECT_FALSE(hart.state.fetch_space().translated());
      const AddressSpace space = hart.state.data_space();
      EXPECT_EQ(space.privilege.privilege, static_cast<Privilege>(mpp));
      if (mpp == 3) {
        EXPECT_FALSE(space.translated());
        EXPECT_FALSE(space.guest);
      } else if (mpv) {
        expect_guest(space);
      } else {
        expect_host(space);
      }
    }
  }
}

TEST(ControlState, HypervisorAccessesAreTheGuestsOfSpvp) {
  for (const bool spvp : {false, true}) {
    HartUnderTest hart = paged();
    hart.set("mstatus", one << 17 | std::uint64_t{3} << 11);  // MPRV does not concern them
    hart.set("hstatus", std::uint64_t{spvp} << 8);
    const AddressSpace space = hart.state.hypervisor_space();
    expect_guest(space);
    EXPECT_EQ(space.privilege.privilege, spvp ? Privilege::supervisor : Privilege::user);
  }
}

TEST(ControlState, SumIsTheStatusInEffectAndMxrTheHostsToo) {
  for (unsigned bits = 0; bits < 16; ++bits) {
    HartUnderTest hart = paged();
    const bool host_sum = (bits & 1) != 0;
    const bool host_mxr = (bits & 2) != 0;
    const bool guest_sum = (bits & 4) != 0;
    const bool guest_mxr = (bits & 8) != 0;
    hart.set("mstatus", (host_sum ? sum : 0) | (host_mxr ? mxr : 0));
    hart.set("vsstatus", (guest_sum ? sum : 0) | (guest_mxr ? mxr : 0));
    hart.enter(s_mode);
    EXPECT_EQ(hart.state.data_space().privilege.sum, host_sum);
    EXPECT_EQ(hart.state.data_space().privilege.mxr, host_mxr);
    hart.enter(vs_mode);
    EXPECT_EQ(hart.state.data_space().privilege.sum, guest_sum);
    EXPECT_EQ(hart.state.data_space().privilege.mxr, host_mxr || guest_mxr);
    EXPECT_EQ(hart.state.hypervisor_space().privilege.sum, guest_sum);
  }
}

TEST(ControlState, AGuestWithoutItsOwnPagingHasContextsApartByPrivilege) {
  HartUnderTest hart = paged();
  hart.enter(vs_mode);
  const Context with_paging = hart.state.data_space().regime.context;
  hart.set("vsatp", 9 * (one << 44));
  const AddressSpace supervisor = hart.state.data_space();
  EXPECT_TRUE(supervisor.translated());
  EXPECT_EQ(supervisor.regime.stage1, PagingMode::bare);
  EXPECT_EQ(supervisor.regime.guest_root, 0x9ABCU);
  hart.enter(vu_mode);
  const AddressSpace user = hart.state.data_space();
  EXPECT_NE(supervisor.regime.context, with_paging);
  EXPECT_NE(user.regime.context, with_paging);
  EXPECT_NE(user.regime.context, supervisor.regime.context);
  EXPECT_EQ(user.regime.context.vmid, supervisor.regime.context.vmid);
}

TEST(ControlState, AGuestWithBothStagesBareIsNotTranslatedButStillAGuest) {
  HartUnderTest hart;
  hart.enter(vs_mode);
  EXPECT_FALSE(hart.state.data_space().translated());
  EXPECT_TRUE(hart.state.data_space().guest);
}

TEST(ControlState, NoTwoHartsOrGuestsShareAContext) {
  for (unsigned harts = 1; harts <= 8; ++harts) {
    std::set<unsigned> taken;
    std::size_t given = 0;
    for (unsigned hart = 0; hart < harts; ++hart) {
      const ControlState state({.harts = harts}, hart);
      const HartContexts contexts = state.contexts();
      taken.insert(contexts.host());
      ++given;
      for (unsigned vmid = 0; vmid < 1U << contexts.vmid_bits(); ++vmid) {
        taken.insert(contexts.guest(vmid));
        taken.insert(contexts.bare_guest(vmid));
        given += 2;
      }
    }
    EXPECT_EQ(taken.size(), given) << harts << " harts";
    EXPECT_LE(*taken.rbegin(), 0xFFFFU);
  }
}

TEST(ControlState, TheCurrentVmidIsHgatps) {
  const HartUnderTest hart = paged();
  EXPECT_EQ(hart.state.current_vmid(), 5U);
}

constexpr Refusal granted = Refusal::none;
constexpr Refusal illegal = Refusal::illegal_instruction;
constexpr Refusal virtual_one = Refusal::virtual_instruction;

/// Expected verdicts in M, S, U, VS and VU.
struct Verdicts {
  Refusal of[5];
};

void expect_verdicts(HartUnderTest& hart, SystemInstruction instruction, const Verdicts& expected) {
  for (std::size_t i = 0; i < std::size(all_modes); ++i) {
    hart.enter(all_modes[i]);
    EXPECT_EQ(hart.state.check(instruction), expected.of[i])
        << "instruction " << static_cast<unsigned>(instruction) << " in " << name_of(all_modes[i]);
  }
}

TEST(ControlState, SystemInstructionsBelongToTheirLevels) {
  HartUnderTest hart;
  constexpr Verdicts supervisors{{granted, granted, illegal, granted, virtual_one}};
  constexpr Verdicts hypervisors{{granted, granted, illegal, virtual_one, virtual_one}};
  using I = SystemInstruction;
  expect_verdicts(hart, I::mret, {{granted, illegal, illegal, illegal, illegal}});
  expect_verdicts(hart, I::sret, supervisors);
  expect_verdicts(hart, I::wfi, supervisors);
  expect_verdicts(hart, I::sfence_vma, supervisors);
  expect_verdicts(hart, I::sfence_order, supervisors);
  expect_verdicts(hart, I::hfence_vvma, hypervisors);
  expect_verdicts(hart, I::hfence_gvma, hypervisors);
  expect_verdicts(hart, I::hypervisor_access, hypervisors);
}

TEST(ControlState, TsrWithholdsSretFromHsModeAndVtsrFromVsMode) {
  HartUnderTest hart;
  hart.set("mstatus", one << 22);
  expect_verdicts(hart, SystemInstruction::sret,
                  {{granted, illegal, illegal, granted, virtual_one}});
  hart.set("mstatus", 0);
  hart.set("hstatus", one << 22);
  expect_verdicts(hart, SystemInstruction::sret,
                  {{granted, granted, illegal, virtual_one, virtual_one}});
}

TEST(ControlState, TwWithholdsWfiFromAllBelowMachineModeAndVtwFromVsMode) {
  HartUnderTest hart;
  hart.set("mstatus", one << 21);
  expect_verdicts(hart, SystemInstruction::wfi, {{granted, illegal, illegal, illegal, illegal}});
  hart.set("mstatus", 0);
  hart.set("hstatus", one << 21);
  expect_verdicts(hart, SystemInstruction::wfi,
                  {{granted, granted, illegal, virtual_one, virtual_one}});
}

TEST(ControlState, TvmWithholdsFencesFromHsModeAndVtvmFromVsMode) {
  HartUnderTest hart;
  using I = SystemInstruction;
  hart.set("mstatus", one << 20);
  expect_verdicts(hart, I::sfence_vma, {{granted, illegal, illegal, granted, virtual_one}});
  expect_verdicts(hart, I::sfence_order, {{granted, granted, illegal, granted, virtual_one}});
  expect_verdicts(hart, I::hfence_vvma, {{granted, granted, illegal, virtual_one, virtual_one}});
  expect_verdicts(hart, I::hfence_gvma, {{granted, illegal, illegal, virtual_one, virtual_one}});
  hart.set("mstatus", 0);
  hart.set("hstatus", one << 20);
  expect_verdicts(hart, I::sfence_vma, {{granted, granted, illegal, virtual_one, virtual_one}});
  expect_verdicts(hart, I::sfence_order, {{granted, granted, illegal, granted, virtual_one}});
}

TEST(ControlState, HuLetsUserModeMakeHypervisorAccesses) {
  HartUnderTest hart;
  hart.set("hstatus", one << 9);
  expect_verdicts(hart, SystemInstruction::hypervisor_access,
                  {{granted, granted, granted, virtual_one, virtual_one}});
}

TEST(ControlState, WithoutTheExtensionHypervisorInstructionsAreIllegalEverywhere) {
  HartUnderTest hart({.hypervisor = false});
  for (const Mode mode : {m_mode, s_mode, u_mode}) {
    hart.enter(mode);
    EXPECT_EQ(hart.state.check(SystemInstruction::hfence_vvma), illegal);
    EXPECT_EQ(hart.state.check(SystemInstruction::hfence_gvma), illegal);
    EXPECT_EQ(hart.state.check(SystemInstruction::hypervisor_access), illegal);
  }
}

void expect_invariants(const HartUnderTest& hart) {
  const Mode mode = hart.state.mode();
  ASSERT_TRUE(mode.privilege == Privilege::user || mode.privilege == Privilege::supervisor ||
              mode.privilege == Privilege::machine);
  ASSERT_FALSE(mode.virtualised && mode.privilege == Privilege::machine);
  ASSERT_NE(hart.get("mstatus") >> 11 & 3, 2U);
  for (const char* name : {"mstatus", "sstatus", "vsstatus"}) {
    const std::uint64_t status = hart.get(name);
    ASSERT_EQ(status >> 63, (status >> 13 & 3) == 3);  // SD
    ASSERT_EQ(status >> 32 & 3, 2U);                   // UXL
  }
  // Outside machine mode MPRV is clear: nothing enters with it set.
  ASSERT_TRUE(mode == m_mode || (hart.get("mstatus") >> 17 & 1) == 0);
  for (const char* name : {"mepc", "sepc", "vsepc"}) ASSERT_EQ(hart.get(name) & 1, 0U);
  ASSERT_EQ(hart.get("mideleg") & 0x1444, 0x444U);
  ASSERT_EQ(hart.get("hgatp") & 3, 0U);
  ASSERT_EQ(hart.get("sie") & ~hart.get("mie"), 0U);
  ASSERT_EQ(hart.get("vsip"), (hart.get("hip") & hart.get("hideleg")) >> 1);
  ASSERT_EQ(hart.state.fetch_space().guest, mode.virtualised);
}

TEST(ControlState, NoSequenceOfInstructionsAndTrapsLeavesTheLegalStates) {
  constexpr std::uint64_t seed = 47;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::uint64_t random = seed;
  const auto pick = [&random](std::uint64_t count) { return (next_random(random) >> 20) % count; };
  HartUnderTest hart;
  std::set<std::string> seen;
  for (int i = 0; i < 30000; ++i) {
    switch (pick(8)) {
      case 0:
        if (hart.state.check(SystemInstruction::mret) == granted) hart.state.mret();
        break;
      case 1:
        if (hart.state.check(SystemInstruction::sret) == granted) hart.state.sret();
        break;
      case 2: {
        constexpr Cause causes[] = {Cause::illegal_instruction, Cause::load_page,
                                    Cause::store_guest_page, Cause::virtual_instruction};
        hart.state.trap({causes[pick(4)], next_random(random), pick(2) != 0, next_random(random)},
                        next_random(random) & ~one);
        break;
      }
      case 3:
        if (const auto interrupt = hart.state.pending_interrupt()) {
          hart.state.interrupt(*interrupt, next_random(random) & ~one);
        }
        break;
      case 4:
        hart.now.time += pick(1000);
        hart.state.update_timers(hart.now.time);
        break;
      default: {
        const auto list = csr_list();
        const Csr& csr = list[pick(list.size())];
        if (csr.name.starts_with("pmp")) break;
        const auto operation = static_cast<CsrOperation>(pick(3));
        hart.state.access({csr.number, operation, next_random(random), true, true}, hart.now);
      }
    }
    seen.insert(name_of(hart.state.mode()));
    ASSERT_NO_FATAL_FAILURE(expect_invariants(hart)) << "step " << i;
  }
  EXPECT_EQ(seen.size(), 5U);
}

TEST(ControlState, ParametersOfAHartAreCheckedAndNamed) {
  const auto error_of = [](const std::string& text) -> std::string {
    HartConfig config;
    try {
      check_constraints(config, parse_config(config, text, "hart.toml"));
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(error_of("harts = 8\npmp_entries = 64\nreset_vector = 0x80000000\n"), "");
  EXPECT_NE(error_of("harts = 9\n").find("harts = 9"), std::string::npos);
  EXPECT_NE(error_of("harts = 0\n").find("harts = 0"), std::string::npos);
  EXPECT_NE(error_of("pmp_entries = 17\n").find("0, 16 or 64"), std::string::npos);
  EXPECT_NE(error_of("reset_vector = 1\n").find("even"), std::string::npos);
  EXPECT_NE(error_of("largest_mode = \"bare\"\n").find("sv39"), std::string::npos);
}

TEST(ControlState, TheLargestModeIsReadByName) {
  for (const auto& [name, mode] : {std::pair{"sv39", PagingMode::sv39},
                                   {"sv48", PagingMode::sv48},
                                   {"sv57", PagingMode::sv57}}) {
    HartConfig config;
    parse_config(config, "largest_mode = \"" + std::string(name) + "\"\n", "hart.toml");
    EXPECT_EQ(config.largest_mode, mode);
  }
}

}  // namespace
}  // namespace kilburn::riscv
