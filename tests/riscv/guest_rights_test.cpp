// Which rights the two stages, PMP and the RMU ask of a guest's accesses, and what the trap tells.
// Source: RISC-V Privileged Architecture 1.12, 3.7.1, 4.3.2, 8.2.1, 8.3.2 (hlvx), 8.4.1 and 8.6.
#include "riscv/guest_test.h"
#include "riscv/owners.h"

namespace kilburn::riscv {
namespace {

using namespace test;  // NOLINT(google-build-using-namespace): the assembler's short names

constexpr std::uint16_t medeleg = 0x302;
constexpr std::uint16_t hedeleg = 0x602;
constexpr std::uint16_t stvec = 0x105;
constexpr std::uint16_t sepc = 0x141;
constexpr std::uint16_t scause = 0x142;
constexpr std::uint16_t stval = 0x143;
constexpr std::uint16_t htval = 0x643;
constexpr std::uint16_t vsstatus = 0x200;
constexpr std::uint16_t vscause = 0x242;
constexpr std::uint16_t vstval = 0x243;
constexpr std::uint16_t vstvec = 0x205;
constexpr std::uint16_t mlrealm = 0x7C0;
constexpr std::uint16_t pmpcfg0 = 0x3A0;
constexpr std::uint16_t pmpaddr0 = 0x3B0;
constexpr std::uint64_t mxr = 1u << 19;
constexpr std::uint64_t instruction_access = 1;
constexpr std::uint64_t load_access = 5;
constexpr std::uint64_t store_access = 7;
constexpr std::uint64_t load_page = 13;
constexpr std::uint64_t load_guest_page = 21;

class GuestRightsTest : public GuestTest {
 protected:
  GuestRightsTest() : GuestRightsTest(std::make_unique<Owners>()) {}

  void map_guest(std::uint64_t flags) {
    world_.memory.set(guest_leaf_, pte::make(page >> page_shift, flags | pte::user));
  }
  void fence() {
    run(plain(Op::hfence_gvma));
    run(plain(Op::hfence_vvma));
  }
  /// PMP gives `rights` (R 1, W 2, X 4) of the 4 KiB at `address`, and all of everything else.
  void protect(Address address, unsigned rights) {
    constexpr unsigned napot = 3u << 3;
    hart_.set_csr(pmpaddr0, address >> 2 | 0x1FF);
    hart_.set_csr(pmpaddr0 + 1, ~std::uint64_t{0});
    hart_.set_csr(pmpcfg0, (napot | 7) << 8 | napot | rights);
    fence();
  }
  void protect_nothing() { protect(0, 7); }
  /// Behind a guest page fault, whose address must not be left behind.
  void expect_access_fault(std::uint64_t cause, Address address) {
    EXPECT_EQ(csr_value(mcause), cause);
    EXPECT_EQ(csr_value(mtval), address);
    EXPECT_EQ(csr_value(mtval2), 0u) << "of guest page faults only";
    EXPECT_NE(csr_value(mstatus) & gva, 0u);
  }

  std::unique_ptr<Owners> owners_;

 private:
  explicit GuestRightsTest(std::unique_ptr<Owners> owners)
      : GuestTest(owners.get()), owners_(std::move(owners)) {}
};

// hlvx: "execute permission takes the place of read permission", in both stages; MXR, which makes
// what can be executed readable, is nothing to it. vsstatus.MXR counts in VS-mode's stage, the
// host's in both.
TEST_P(GuestRightsTest, HlvxAsksForXInBothStagesAndHlvForROrXWithMxr) {
  constexpr std::uint64_t base = pte::valid | pte::accessed | pte::dirty;
  constexpr std::uint64_t rights[] = {pte::read, pte::execute, pte::read | pte::execute};
  world_.memory.set<std::uint64_t>(page, 0x8182'8384'8586'8788);
  for (const std::uint64_t stage1 : rights) {
    for (const std::uint64_t guest : rights) {
      map(base | stage1);
      map_guest(base | guest);
      fence();
      for (unsigned bits = 0; bits < 8; ++bits) {
        const bool guests_mxr = (bits & 1) != 0;
        const bool hosts_mxr = (bits & 2) != 0;
        const bool fenced = (bits & 4) != 0;  // else the TLB answers from the access before
        hart_.set_csr(vsstatus, guests_mxr ? mxr : 0);
        hart_.set_csr(mstatus, hosts_mxr ? mxr : 0);
        SCOPED_TRACE(::testing::Message()
                     << "VS-stage " << stage1 << ", G-stage " << guest << ", MXR of the guest "
                     << guests_mxr << ", of the host " << hosts_mxr << ", fenced " << fenced);
        const auto expected = [&](bool executes) {
          const auto grants = [&](std::uint64_t leaf, bool with_mxr) {
            if (executes) return (leaf & pte::execute) != 0;
            return (leaf & pte::read) != 0 || (with_mxr && (leaf & pte::execute) != 0);
          };
          if (!grants(stage1, guests_mxr || hosts_mxr)) return load_page;
          return grants(guest, hosts_mxr) ? 0 : load_guest_page;
        };
        for (const auto& [operation, executes, value] :
             {std::tuple{Op::hlvx_hu, true, 0x8788u}, std::tuple{Op::hlv_hu, false, 0x8788u},
              std::tuple{Op::hlvx_wu, true, 0x8586'8788u}}) {
          if (fenced) fence();
          run(r(operation, 7, 5));
          ASSERT_EQ(csr_value(mcause), expected(executes)) << "executes " << executes;
          if (csr_value(mcause) == 0) {
            EXPECT_EQ(hart_.x(7), value);
            continue;
          }
          EXPECT_EQ(csr_value(mtval), va);
          EXPECT_NE(csr_value(mstatus) & gva, 0u);
          const bool of_guest_stage = csr_value(mcause) == load_guest_page;
          EXPECT_EQ(csr_value(mtval2), of_guest_stage ? guest_page >> 2 : 0);
        }
      }
    }
  }
}

// "The supervisor physical memory attributes must grant both execute and read permissions."
TEST_P(GuestRightsTest, HlvxAsksPmpForReadAndExecuteAndFaultsAsALoad) {
  for (unsigned rights = 0; rights < 8; ++rights) {
    if ((rights & 3) == 2) continue;  // W without R is reserved
    protect(page, rights);
    SCOPED_TRACE(rights);
    const bool readable = (rights & 1) != 0;
    const bool executable = (rights & 4) != 0;
    run(r(Op::hlvx_wu, 7, 5));
    if (readable && executable) {
      EXPECT_EQ(csr_value(mcause), 0u);
    } else {
      expect_access_fault(load_access, va);
    }
    run(r(Op::hlv_wu, 7, 5));
    EXPECT_EQ(csr_value(mcause), readable ? 0u : load_access);
    run(r(Op::hlvx_wu, 7, 5));  // also where hlv has left a hit
    EXPECT_EQ(csr_value(mcause), readable && executable ? 0u : load_access);
  }
}

TEST_P(GuestRightsTest, ADeniedTableOrFrameIsAnAccessFaultOfTheAccessThatWasMade) {
  const Address vs_table = leaf_ - leaf_ % page_bytes;
  const Address g_table = guest_leaf_ - guest_leaf_ % page_bytes;
  hart_.set_csr(mlrealm, 5);
  for (const Address denied : {vs_table, g_table, page}) {
    for (const bool by_pmp : {true, false}) {
      SCOPED_TRACE(::testing::Message() << std::hex << denied << (by_pmp ? ", PMP" : ", RMU"));
      for (const auto& [instruction, cause] : {std::pair{r(Op::hlv_d, 7, 5), load_access},
                                               std::pair{r(Op::hlvx_wu, 7, 5), load_access},
                                               std::pair{r(Op::hsv_d, 0, 5, 6), store_access}}) {
        // First a guest page fault, which writes mtval2.
        map_guest(0);
        protect_nothing();
        run(instruction);
        ASSERT_EQ(csr_value(mtval2), guest_page >> 2);
        map_guest(rwx);
        if (by_pmp) {
          protect(denied, 0);
        } else {
          owners_->give(denied, 7);
          fence();
        }
        run(instruction);
        expect_access_fault(cause, va);
        owners_->open(denied);
        protect_nothing();
        run(instruction);
        EXPECT_EQ(csr_value(mcause), 0u);
      }
    }
  }
}

TEST_P(GuestRightsTest, AtomicsOfAGuestFaultAsStoresAndItsFetchesAsFetches) {
  hart_.set_csr(vsatp, 0);
  hart_.set_x(5, guest_page);
  protect(page, 0);
  EXPECT_EQ(run_guest({r(Op::amoadd_w, 6, 5, 5)}), store_access);
  expect_access_fault(store_access, guest_page);
  EXPECT_EQ(run_guest({r(Op::lr_d, 6, 5)}), load_access);
  EXPECT_EQ(run_guest({i(Op::lw, 6, 5, 8)}), load_access);
  expect_access_fault(load_access, guest_page + 8);
  // Its own code, and the table that maps it: of the G-stage, whose root is one page here.
  const Address root = (csr_value(hgatp) & 0xFFF'FFFF'FFFF) << page_shift;
  for (const Address denied : {guest_code, root}) {
    protect(denied, 0);
    EXPECT_EQ(run_guest({i(Op::addi, 6, 0, 1)}), instruction_access) << std::hex << denied;
    expect_access_fault(instruction_access, guest_code);
    EXPECT_EQ(csr_value(mepc), guest_code);
  }
}

TEST_P(GuestRightsTest, ADelegatedAccessFaultTellsTheHostThatItsAddressIsTheGuests) {
  hart_.set_csr(vsatp, 0);
  hart_.set_x(5, guest_page);
  hart_.set_csr(medeleg, 1u << load_access);
  world_.load(handler + 0x100, {plain(Op::ecall)});  // which machine mode takes
  hart_.set_csr(stvec, handler + 0x100);
  hart_.set_csr(htval, 0x1234);
  protect(page, 0);
  EXPECT_EQ(run_guest({i(Op::lw, 6, 5, 4)}), 9u) << "the host's handler calls";
  EXPECT_EQ(csr_value(scause), load_access);
  EXPECT_EQ(csr_value(sepc), guest_code);
  EXPECT_EQ(csr_value(stval), guest_page + 4);
  EXPECT_EQ(csr_value(htval), 0u);
  constexpr std::uint64_t hstatus_gva = 1u << 6;
  constexpr std::uint64_t hstatus_spv = 1u << 7;
  EXPECT_EQ(csr_value(test::hstatus) & (hstatus_gva | hstatus_spv), hstatus_gva | hstatus_spv);

  // And further to the guest, which the host learns nothing of.
  hart_.set_csr(hedeleg, 1u << load_access);
  world_.load(guest_code + 0x100, {plain(Op::ecall)});
  world_.main_memory.written(guest_code + 0x100, 4);
  hart_.set_csr(vstvec, guest_code + 0x100);
  hart_.set_csr(scause, 0);
  hart_.set_csr(stval, 0);
  EXPECT_EQ(run_guest({i(Op::lw, 6, 5, 4)}), 10u) << "the guest's handler calls";
  EXPECT_EQ(csr_value(vscause), load_access);
  EXPECT_EQ(csr_value(vstval), guest_page + 4);
  EXPECT_EQ(csr_value(scause), 0u);
  EXPECT_EQ(csr_value(stval), 0u);
}

INSTANTIATE_TEST_SUITE_P(Paths, GuestRightsTest, ::testing::Values(true, false),
                         [](const auto& path) { return path.param ? "Fast" : "OneByOne"; });

}  // namespace
}  // namespace kilburn::riscv
