/* Platform-level interrupt controller at BOARD_PLIC, laid out as in QEMU's `virt`. Every register
 * has 32 bits and is accessed by 32 bits. Hart h has the contexts 2h (machine) and 2h + 1
 * (supervisor). Sources: BOARD_IRQ_*, numbers 1 to BOARD_PLIC_SOURCES.
 * Source: RISC-V Platform-Level Interrupt Controller 1.0.0. */
#ifndef KILBURN_PLIC_H
#define KILBURN_PLIC_H

enum {
  PLIC_PRIORITY = 0x000000,     /* + 4 * source: 0 (never) to PLIC_PRIORITY_MOST */
  PLIC_PENDING = 0x001000,      /* + 4 * (source / 32), bit source % 32; read only */
  PLIC_ENABLE = 0x002000,       /* + context * PLIC_ENABLE_STRIDE + 4 * (source / 32) */
  PLIC_ENABLE_STRIDE = 0x80,    /* from context to context */
  PLIC_CONTEXT = 0x200000,      /* + context * PLIC_CONTEXT_STRIDE: the two registers below */
  PLIC_CONTEXT_STRIDE = 0x1000, /* from context to context */
  PLIC_THRESHOLD = 0x0,         /* of a context: priorities up to it do not interrupt */
  PLIC_CLAIM = 0x4,             /* of a context: read claims (0: nothing), write completes */
  PLIC_PRIORITY_MOST = 7,
  PLIC_CONTEXTS_PER_HART = 2
};

#endif
