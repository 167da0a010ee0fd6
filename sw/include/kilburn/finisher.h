/* SiFive test finisher at BOARD_FINISHER: one register that ends the run, written by 16 or 32 bits.
 * Source: SiFive test device as QEMU 7.2 and Linux's syscon drivers use it. */
#ifndef KILBURN_FINISHER_H
#define KILBURN_FINISHER_H

enum {
  FINISHER_COMMAND = 0x0,  /* bits 15..0: FINISHER_*; bits 31..16: exit code of a failure */
  FINISHER_FAIL = 0x3333,  /* write FINISHER_FAIL | code << 16 */
  FINISHER_PASS = 0x5555,  /* power off; exit code 0 */
  FINISHER_RESET = 0x7777, /* reboot */
  FINISHER_CODE_SHIFT = 16
};

#endif
