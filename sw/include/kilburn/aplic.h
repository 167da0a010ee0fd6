/* Advanced PLIC at BOARD_APLIC_M and BOARD_APLIC_S, a domain each, laid out as in QEMU's `virt`
 * with aia=aplic. Every register has 32 bits and is accessed by 32 bits. The domain of machine mode
 * is the root; it delegates sources to its one child, that of supervisor mode. Hart index: the
 * hart's number. Source: RISC-V Advanced Interrupt Architecture 1.0, chapter 4. */
#ifndef KILBURN_APLIC_H
#define KILBURN_APLIC_H

enum {
  APLIC_DOMAINCFG = 0x0000,
  APLIC_SOURCECFG = 0x0000,   /* + 4 * source, from 1 */
  APLIC_MMSIADDRCFG = 0x1BC0, /* this one and the next three: of the root, with messages */
  APLIC_MMSIADDRCFGH = 0x1BC4,
  APLIC_SMSIADDRCFG = 0x1BC8,
  APLIC_SMSIADDRCFGH = 0x1BCC,
  APLIC_SETIP = 0x1C00, /* + 4 * (source / 32), bit source % 32 */
  APLIC_SETIPNUM = 0x1CDC,
  APLIC_IN_CLRIP = 0x1D00, /* read: rectified inputs; write: clear pending bits */
  APLIC_CLRIPNUM = 0x1DDC,
  APLIC_SETIE = 0x1E00,
  APLIC_SETIENUM = 0x1EDC,
  APLIC_CLRIE = 0x1F00,
  APLIC_CLRIENUM = 0x1FDC,
  APLIC_SETIPNUM_LE = 0x2000,
  APLIC_SETIPNUM_BE = 0x2004,
  APLIC_GENMSI = 0x3000,
  APLIC_TARGET = 0x3000, /* + 4 * source, from 1 */
  APLIC_IDC = 0x4000,    /* + hart * APLIC_IDC_STRIDE; with direct delivery */
  APLIC_IDC_STRIDE = 0x20,
  APLIC_WORDS = 32 /* of each array of bits */
};

/* Of a hart, from its IDC. */
enum {
  APLIC_IDELIVERY = 0x00,
  APLIC_IFORCE = 0x04,
  APLIC_ITHRESHOLD = 0x08, /* not 0: priority numbers from here on do not interrupt */
  APLIC_TOPI = 0x18,
  APLIC_CLAIMI = 0x1C /* reads as TOPI, and claims it */
};

/* DOMAINCFG. */
enum {
  APLIC_DOMAINCFG_IE = 0x100,
  APLIC_DOMAINCFG_DM = 0x4, /* read only: 1 where interrupts go out as messages */
  APLIC_DOMAINCFG_DM_SHIFT = 2
};
#define APLIC_DOMAINCFG_READ_ONLY 0x80000000U

/* SOURCECFG. */
enum {
  APLIC_SOURCECFG_DELEGATE = 0x400,
  APLIC_SOURCECFG_MODE_MASK = 0x7,
  APLIC_INACTIVE = 0,
  APLIC_DETACHED = 1,
  APLIC_EDGE_RISING = 4,
  APLIC_EDGE_FALLING = 5,
  APLIC_LEVEL_HIGH = 6,
  APLIC_LEVEL_LOW = 7
};

/* MMSIADDRCFGH and SMSIADDRCFGH (base, and the shift of the low index). */
#define APLIC_MSIADDR_LOCKED 0x80000000U
enum {
  APLIC_MSIADDR_HIGH_BASE_MASK = 0xFFF,
  APLIC_MSIADDR_LHXW_SHIFT = 12, /* 4 bits: width of the low hart index */
  APLIC_MSIADDR_HHXW_SHIFT = 16, /* 3 bits: width of the high hart index */
  APLIC_MSIADDR_LHXS_SHIFT = 20, /* 3 bits: shift of the low hart index */
  APLIC_MSIADDR_HHXS_SHIFT = 24  /* 5 bits: shift of the high hart index, less 12 */
};

/* TARGET and GENMSI. */
enum {
  APLIC_TARGET_HART_SHIFT = 18,
  APLIC_TARGET_GUEST_SHIFT = 12, /* of TARGET in the child, with messages */
  APLIC_TARGET_GUEST_MASK = 0x3F,
  APLIC_TARGET_PRIORITY_MASK = 0xFF,  /* with direct delivery: 1, the highest, to 255 */
  APLIC_TARGET_IDENTITY_MASK = 0x7FF, /* with messages: what is written to the IMSIC */
  APLIC_GENMSI_BUSY = 0x1000
};

/* TOPI and CLAIMI. */
enum { APLIC_TOPI_SOURCE_SHIFT = 16, APLIC_TOPI_PRIORITY_MASK = 0xFF };

#endif
