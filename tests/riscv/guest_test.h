// A hart in HS-mode's place with a guest's memory behind two stages of translation, each of which
// maps one page that tests change.
#pragma once

#include <gtest/gtest.h>

#include "riscv/assembler.h"
#include "riscv/hart_world.h"

namespace kilburn::riscv::test {

inline constexpr Address handler = ram_base + 0x1000;
inline constexpr Address program = ram_base + 0x2000;
inline constexpr Address guest_code = ram_base + 0x3000;
inline constexpr Address page = ram_base + 0x10000;
inline constexpr Address guest_page = 0x5000;  // guest-physical
inline constexpr Address va = 0x40'0000;
inline constexpr std::uint16_t hgatp = 0x680;
inline constexpr std::uint16_t vsatp = 0x280;
inline constexpr std::uint16_t mcause = 0x342;
inline constexpr std::uint16_t mtval = 0x343;
inline constexpr std::uint16_t mtval2 = 0x34B;
inline constexpr std::uint16_t mstatus = 0x300;
inline constexpr std::uint16_t mepc = 0x341;
inline constexpr std::uint16_t hstatus = 0x600;
inline constexpr std::uint64_t gva = std::uint64_t{1} << 38;  // of mstatus
inline constexpr std::uint64_t mpv = std::uint64_t{1} << 39;
inline constexpr std::uint64_t spvp = 1u << 8;
inline constexpr std::uint64_t sv39 = std::uint64_t{8} << 60;

/// The guest's page tables lie in guest-physical memory that the G-stage maps to itself.
class GuestTest : public ::testing::TestWithParam<bool> {
 protected:
  static WorldConfig config_with(OwnershipCheck* ownership) {
    WorldConfig config;
    config.ownership = ownership;
    config.hart.fast_path = GetParam();
    config.hart.adue = true;
    config.service.walker.ad_update = page_table_walker::AdUpdate::svadu;
    return config;
  }
  explicit GuestTest(OwnershipCheck* ownership = nullptr)
      : world_(config_with(ownership)), hart_(world_.hart()) {
    hart_.set_csr(0x305, handler);
    world_.load(handler, {plain(Op::wfi)});
    // G-stage, Sv39x4: root of four frames, one gigapage of everything above 2 GiB, one of the
    // rest.
    const Address root = ram_base + 0x20000;
    const Address low = root + 4 * page_bytes;
    const Address last = low + page_bytes;
    world_.memory.set(root, pte::make(low >> page_shift, pte::valid));
    world_.memory.set(root + 8 * 2, pte::make(ram_base >> page_shift, user));
    world_.memory.set(low, pte::make(last >> page_shift, pte::valid));
    guest_leaf_ = last + 8 * (guest_page >> page_shift);
    world_.memory.set(guest_leaf_, pte::make(page >> page_shift, user));
    // The guest's own: va to guest_page.
    const Address guest_root = last + page_bytes;
    const Address middle = guest_root + page_bytes;
    const Address leaves = middle + page_bytes;
    world_.memory.set(guest_root, pte::make(middle >> page_shift, pte::valid));
    world_.memory.set(middle + 8 * 2, pte::make(leaves >> page_shift, pte::valid));
    leaf_ = leaves;
    map(rwx);
    hart_.set_csr(hgatp, sv39 | root >> page_shift);
    hart_.set_csr(vsatp, sv39 | guest_root >> page_shift);
    hart_.set_csr(hstatus, spvp);
    // hlv and hsv are a guest supervisor's accesses: PMP applies.
    hart_.set_csr(0x3B0, ~std::uint64_t{0});
    hart_.set_csr(0x3A0, 0x1F);
    hart_.set_x(5, va);
  }
  void map(std::uint64_t flags) {
    world_.memory.set(leaf_, pte::make(guest_page >> page_shift, flags));
  }
  void run(std::uint32_t word) {
    world_.load(program, {word, plain(Op::wfi)});
    world_.main_memory.written(program, 8);
    hart_.set_csr(mcause, 0);
    hart_.set_pc(program);
    EXPECT_EQ(hart_.run(hart_.cycles() + 10000), RunEnd::waiting);
  }
  /// Runs `code` in VS-mode (or in VU-mode) at guest-physical, untranslated addresses, with an
  /// ecall behind it; returns the cause of the trap that ends it.
  std::uint64_t run_guest(Code code, Privilege privilege = Privilege::supervisor) {
    code.push_back(plain(Op::ecall));
    world_.load(guest_code, code);
    world_.load(program, {plain(Op::mret)});
    world_.main_memory.written(guest_code, 4 * code.size());
    world_.main_memory.written(program, 4);
    const std::uint64_t kept = csr_value(mstatus) & ~(std::uint64_t{3} << 11);
    hart_.set_csr(mstatus, kept | static_cast<std::uint64_t>(privilege) << 11 | mpv);
    hart_.set_csr(mepc, guest_code);
    hart_.set_csr(mcause, 0);
    hart_.set_pc(program);
    EXPECT_EQ(hart_.run(hart_.cycles() + 10000), RunEnd::waiting);
    return csr_value(mcause);
  }
  std::uint64_t csr_value(std::uint16_t number) { return hart_.csr(number).value(); }

  static constexpr std::uint64_t user = rwx | pte::user;
  World world_;
  Hart& hart_;
  Address leaf_ = 0;
  Address guest_leaf_ = 0;
};

}  // namespace kilburn::riscv::test
