/* Control and status registers: access by name, and the bits that the runtime and the guests use.
 * Source: RISC-V Privileged Architecture 1.12. */
#ifndef KILBURN_SW_ISA_CSR_H
#define KILBURN_SW_ISA_CSR_H

#include <stdint.h>

/* `name` is the assembler's name of the CSR, or its number. */
#define csr_read(name)                                     \
  __extension__({                                          \
    uint64_t csr_value;                                    \
    __asm__ volatile("csrr %0, " #name : "=r"(csr_value)); \
    csr_value;                                             \
  })
#define csr_write(name, value) \
  __asm__ volatile("csrw " #name ", %0" ::"r"((uint64_t)(value)) : "memory")
#define csr_set(name, bits) \
  __asm__ volatile("csrs " #name ", %0" ::"r"((uint64_t)(bits)) : "memory")
#define csr_clear(name, bits) \
  __asm__ volatile("csrc " #name ", %0" ::"r"((uint64_t)(bits)) : "memory")

#define MSTATUS_SIE (UINT64_C(1) << 1)
#define MSTATUS_MIE (UINT64_C(1) << 3)
#define MSTATUS_SPIE (UINT64_C(1) << 5)
#define MSTATUS_MPIE (UINT64_C(1) << 7)
#define MSTATUS_SPP (UINT64_C(1) << 8)
#define MSTATUS_MPP_SHIFT 11
#define MSTATUS_MPP (UINT64_C(3) << MSTATUS_MPP_SHIFT)
#define MSTATUS_FS (UINT64_C(3) << 13)
#define MSTATUS_FS_INITIAL (UINT64_C(1) << 13)
#define MSTATUS_MPRV (UINT64_C(1) << 17)
#define MSTATUS_SUM (UINT64_C(1) << 18)
#define MSTATUS_MXR (UINT64_C(1) << 19)
#define MSTATUS_TVM (UINT64_C(1) << 20)
#define MSTATUS_TW (UINT64_C(1) << 21)
#define MSTATUS_TSR (UINT64_C(1) << 22)
#define MSTATUS_GVA (UINT64_C(1) << 38)
#define MSTATUS_MPV (UINT64_C(1) << 39)

#define HSTATUS_GVA (UINT64_C(1) << 6)
#define HSTATUS_SPV (UINT64_C(1) << 7)
#define HSTATUS_SPVP (UINT64_C(1) << 8)
#define HSTATUS_HU (UINT64_C(1) << 9)
#define HSTATUS_VTVM (UINT64_C(1) << 20)
#define HSTATUS_VTW (UINT64_C(1) << 21)
#define HSTATUS_VTSR (UINT64_C(1) << 22)

/* And henvcfg's. */
#define MENVCFG_STCE (UINT64_C(1) << 63)

#define SATP_MODE_SHIFT 60
#define SATP_ASID_SHIFT 44
#define SATP_ASID_MASK UINT64_C(0xFFFF)

/* Numbers in mcause; interrupts have bit 63 set, too. */
enum cause {
  CAUSE_FETCH_MISALIGNED = 0,
  CAUSE_FETCH_ACCESS = 1,
  CAUSE_ILLEGAL = 2,
  CAUSE_BREAKPOINT = 3,
  CAUSE_LOAD_MISALIGNED = 4,
  CAUSE_LOAD_ACCESS = 5,
  CAUSE_STORE_MISALIGNED = 6,
  CAUSE_STORE_ACCESS = 7,
  CAUSE_ECALL_U = 8,
  CAUSE_ECALL_S = 9,
  CAUSE_ECALL_VS = 10,
  CAUSE_ECALL_M = 11,
  CAUSE_FETCH_PAGE = 12,
  CAUSE_LOAD_PAGE = 13,
  CAUSE_STORE_PAGE = 15,
  CAUSE_FETCH_GUEST_PAGE = 20,
  CAUSE_LOAD_GUEST_PAGE = 21,
  CAUSE_VIRTUAL_INSTRUCTION = 22,
  CAUSE_STORE_GUEST_PAGE = 23
};
#define CAUSE_INTERRUPT (UINT64_C(1) << 63)

/* Bit numbers of mip and mie. */
enum interrupt {
  INTERRUPT_S_SOFTWARE = 1,
  INTERRUPT_VS_SOFTWARE = 2,
  INTERRUPT_M_SOFTWARE = 3,
  INTERRUPT_S_TIMER = 5,
  INTERRUPT_VS_TIMER = 6,
  INTERRUPT_M_TIMER = 7,
  INTERRUPT_S_EXTERNAL = 9,
  INTERRUPT_VS_EXTERNAL = 10,
  INTERRUPT_M_EXTERNAL = 11
};
#define INTERRUPT_BIT(number) (UINT64_C(1) << (number))

#endif
