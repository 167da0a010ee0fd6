/* ACLINT as QEMU's `virt` has it at BOARD_ACLINT (SiFive CLINT layout): software interrupts (MSWI)
 * and the machine timer (MTIMER). Offsets in bytes, little-endian.
 * Source: RISC-V Advanced Core Local Interruptor 1.0-rc4. */
#ifndef KILBURN_ACLINT_H
#define KILBURN_ACLINT_H

enum {
  ACLINT_MSIP = 0x0000,       /* 32 bits a hart: bit 0 is the hart's MSIP, the others read 0 */
  ACLINT_MSIP_STRIDE = 4,     /* from hart to hart */
  ACLINT_MTIMECMP = 0x4000,   /* 64 bits a hart: MTIP while mtime >= mtimecmp; by halves, too */
  ACLINT_MTIMECMP_STRIDE = 8, /* from hart to hart */
  ACLINT_MTIME = 0xBFF8,      /* 64 bits, BOARD_TIMEBASE_HZ; writable; by halves, too */
  ACLINT_HARTS = 8            /* most harts of a board */
};

#endif
