/* IMSIC: each hart's incoming MSI controller, laid out as in QEMU's `virt` with aia=aplic-imsic. An
 * interrupt file has one page of 4 KiB for messages; its other registers are reached through the
 * hart's miselect and mireg, siselect and sireg, vsiselect and vsireg.
 * Source: RISC-V Advanced Interrupt Architecture 1.0, chapter 3. */
#ifndef KILBURN_IMSIC_H
#define KILBURN_IMSIC_H

/* In the page of a file: written by 32 bits, read as 0. */
enum {
  IMSIC_SETEIPNUM_LE = 0x0, /* the identity that becomes pending */
  IMSIC_SETEIPNUM_BE = 0x4, /* the same, its bytes reversed */
  IMSIC_PAGE_BYTES = 0x1000
};

/* Values of the select registers. With 64 bits, the odd registers of an array do not exist. */
enum {
  IMSIC_EIDELIVERY = 0x70,  /* bit 0: the file's interrupts reach the hart */
  IMSIC_EITHRESHOLD = 0x72, /* not 0: identities from here on do not */
  IMSIC_EIP = 0x80,         /* + identity / 32: pending bits */
  IMSIC_EIE = 0xC0,         /* + identity / 32: enable bits */
  IMSIC_LAST = 0xFF
};

/* mtopei, stopei and vstopei: the least identity that is pending and enabled; 0: none. A write
 * claims what a read would tell. */
enum { IMSIC_TOPEI_IDENTITY_SHIFT = 16, IMSIC_TOPEI_PRIORITY_MASK = 0x7FF };

enum {
  IMSIC_IDENTITIES = 255, /* numbers 1 to 255; a lower one has the higher priority */
  IMSIC_GUESTS = 7        /* most guest files of a hart */
};

#endif
