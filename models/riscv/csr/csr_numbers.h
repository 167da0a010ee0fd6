// Numbers of the control and status registers that a hart has.
// Source: RISC-V Privileged Architecture 1.12, tables 2.2 to 2.6; Sstc 1.0; Advanced Interrupt
// Architecture 1.0, chapter 2. mlrealm: spec 03.
#pragma once

#include <cstdint>

namespace kilburn::riscv::csr {

// User: floating point, counters.
inline constexpr std::uint16_t fflags = 0x001;
inline constexpr std::uint16_t frm = 0x002;
inline constexpr std::uint16_t fcsr = 0x003;
inline constexpr std::uint16_t cycle = 0xC00;
inline constexpr std::uint16_t time = 0xC01;
inline constexpr std::uint16_t instret = 0xC02;
inline constexpr std::uint16_t hpmcounter3 = 0xC03;

// Supervisor.
inline constexpr std::uint16_t sstatus = 0x100;
inline constexpr std::uint16_t sie = 0x104;
inline constexpr std::uint16_t stvec = 0x105;
inline constexpr std::uint16_t scounteren = 0x106;
inline constexpr std::uint16_t senvcfg = 0x10A;
inline constexpr std::uint16_t sscratch = 0x140;
inline constexpr std::uint16_t sepc = 0x141;
inline constexpr std::uint16_t scause = 0x142;
inline constexpr std::uint16_t stval = 0x143;
inline constexpr std::uint16_t sip = 0x144;
inline constexpr std::uint16_t stimecmp = 0x14D;
inline constexpr std::uint16_t siselect = 0x150;
inline constexpr std::uint16_t sireg = 0x151;
inline constexpr std::uint16_t stopei = 0x15C;
inline constexpr std::uint16_t satp = 0x180;
inline constexpr std::uint16_t stopi = 0xDB0;

// Hypervisor.
inline constexpr std::uint16_t hstatus = 0x600;
inline constexpr std::uint16_t hedeleg = 0x602;
inline constexpr std::uint16_t hideleg = 0x603;
inline constexpr std::uint16_t hie = 0x604;
inline constexpr std::uint16_t htimedelta = 0x605;
inline constexpr std::uint16_t hcounteren = 0x606;
inline constexpr std::uint16_t hgeie = 0x607;
inline constexpr std::uint16_t hvien = 0x608;
inline constexpr std::uint16_t hvictl = 0x609;
inline constexpr std::uint16_t henvcfg = 0x60A;
inline constexpr std::uint16_t htval = 0x643;
inline constexpr std::uint16_t hip = 0x644;
inline constexpr std::uint16_t hvip = 0x645;
inline constexpr std::uint16_t hviprio1 = 0x646;
inline constexpr std::uint16_t hviprio2 = 0x647;
inline constexpr std::uint16_t htinst = 0x64A;
inline constexpr std::uint16_t hgatp = 0x680;
inline constexpr std::uint16_t hgeip = 0xE12;

// Virtual supervisor: what the supervisor's numbers reach in VS-mode.
inline constexpr std::uint16_t vsstatus = 0x200;
inline constexpr std::uint16_t vsie = 0x204;
inline constexpr std::uint16_t vstvec = 0x205;
inline constexpr std::uint16_t vsscratch = 0x240;
inline constexpr std::uint16_t vsepc = 0x241;
inline constexpr std::uint16_t vscause = 0x242;
inline constexpr std::uint16_t vstval = 0x243;
inline constexpr std::uint16_t vsip = 0x244;
inline constexpr std::uint16_t vstimecmp = 0x24D;
inline constexpr std::uint16_t vsiselect = 0x250;
inline constexpr std::uint16_t vsireg = 0x251;
inline constexpr std::uint16_t vstopei = 0x25C;
inline constexpr std::uint16_t vsatp = 0x280;
inline constexpr std::uint16_t vstopi = 0xEB0;

// Machine.
inline constexpr std::uint16_t mstatus = 0x300;
inline constexpr std::uint16_t misa = 0x301;
inline constexpr std::uint16_t medeleg = 0x302;
inline constexpr std::uint16_t mideleg = 0x303;
inline constexpr std::uint16_t mie = 0x304;
inline constexpr std::uint16_t mtvec = 0x305;
inline constexpr std::uint16_t mcounteren = 0x306;
inline constexpr std::uint16_t mvien = 0x308;
inline constexpr std::uint16_t mvip = 0x309;
inline constexpr std::uint16_t menvcfg = 0x30A;
inline constexpr std::uint16_t mcountinhibit = 0x320;
inline constexpr std::uint16_t mhpmevent3 = 0x323;
inline constexpr std::uint16_t mscratch = 0x340;
inline constexpr std::uint16_t mepc = 0x341;
inline constexpr std::uint16_t mcause = 0x342;
inline constexpr std::uint16_t mtval = 0x343;
inline constexpr std::uint16_t mip = 0x344;
inline constexpr std::uint16_t mtinst = 0x34A;
inline constexpr std::uint16_t mtval2 = 0x34B;
inline constexpr std::uint16_t miselect = 0x350;
inline constexpr std::uint16_t mireg = 0x351;
inline constexpr std::uint16_t mtopei = 0x35C;
inline constexpr std::uint16_t mtopi = 0xFB0;
inline constexpr std::uint16_t pmpcfg0 = 0x3A0;   ///< to pmpcfg15; the odd ones are RV32's
inline constexpr std::uint16_t pmpaddr0 = 0x3B0;  ///< to pmpaddr63
inline constexpr std::uint16_t tselect = 0x7A0;
inline constexpr std::uint16_t tdata1 = 0x7A1;
inline constexpr std::uint16_t tdata2 = 0x7A2;
inline constexpr std::uint16_t tdata3 = 0x7A3;
inline constexpr std::uint16_t mlrealm = 0x7C0;  ///< Kilburn's own: realm of less privileged modes
inline constexpr std::uint16_t mcycle = 0xB00;
inline constexpr std::uint16_t minstret = 0xB02;
inline constexpr std::uint16_t mhpmcounter3 = 0xB03;
inline constexpr std::uint16_t mvendorid = 0xF11;
inline constexpr std::uint16_t marchid = 0xF12;
inline constexpr std::uint16_t mimpid = 0xF13;
inline constexpr std::uint16_t mhartid = 0xF14;
inline constexpr std::uint16_t mconfigptr = 0xF15;

inline constexpr unsigned count = 4096;       ///< of numbers
inline constexpr unsigned hpm_counters = 29;  ///< hpmcounter3 to hpmcounter31
inline constexpr std::uint16_t virtual_offset = vsstatus - sstatus;

/// Who may access a register, by its number.
enum class Level : std::uint8_t { user, supervisor, hypervisor, machine };
[[nodiscard]] constexpr Level level(std::uint16_t number) {
  return static_cast<Level>(number >> 8 & 3);
}
[[nodiscard]] constexpr bool read_only(std::uint16_t number) {
  return number >> 10 == 3;
}

/// The register that `number` reaches in VS-mode. Example: in_guest(satp) == vsatp.
[[nodiscard]] constexpr std::uint16_t in_guest(std::uint16_t number) {
  switch (number) {
    case sstatus:
    case sie:
    case stvec:
    case sscratch:
    case sepc:
    case scause:
    case stval:
    case sip:
    case stimecmp:
    case siselect:
    case sireg:
    case stopei:
    case stopi:
    case satp:
      return static_cast<std::uint16_t>(number + virtual_offset);
    default:
      return number;
  }
}

/// Those that Smaia and Ssaia add.
[[nodiscard]] constexpr bool of_aia(std::uint16_t number) {
  switch (number) {
    case miselect:
    case mireg:
    case mtopei:
    case mtopi:
    case mvien:
    case mvip:
    case siselect:
    case sireg:
    case stopei:
    case stopi:
    case hvien:
    case hvictl:
    case hviprio1:
    case hviprio2:
    case vsiselect:
    case vsireg:
    case vstopei:
    case vstopi:
      return true;
    default:
      return false;
  }
}

}  // namespace kilburn::riscv::csr
