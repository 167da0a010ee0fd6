/* A program as the public test suites write them: it prints and ends through tohost, and leaves a
   signature. HTIF_END: 0 passes, n fails as test n; HTIF_NARROW: by stores of 32 bits. */
#include <stdint.h>

#include "runtime/check.h"

typedef uint32_t __attribute__((may_alias)) half_t;

volatile uint64_t tohost __attribute__((aligned(64)));
volatile uint64_t fromhost __attribute__((aligned(64)));

/* The addresses are what counts, so that the symbols may lie round any words. */
__asm__(
    ".pushsection .data\n .balign 16\n .global begin_signature, end_signature\n"
    "begin_signature:\n .word 0xdeadbeef, 0, 0, 0\n .word 0, 0x01020304, 0xffffffff, 0x80000000\n"
    "end_signature:\n .popsection\n");
extern volatile uint32_t begin_signature[8];

static void send(uint64_t value) {
  while (tohost != 0) fromhost = 0;
#if HTIF_NARROW
  volatile half_t* halves = (volatile half_t*)&tohost;
  halves[0] = (uint32_t)value;
  halves[1] = (uint32_t)(value >> 32);
#else
  tohost = value;
#endif
}

static void print(const char* text) {
  for (; *text != 0; ++text) send(UINT64_C(0x0101) << 48 | (unsigned char)*text);
}

static int64_t call(uint64_t number, uint64_t a, uint64_t b, uint64_t c) {
  static volatile uint64_t block[8] __attribute__((aligned(64)));
  block[0] = number;
  block[1] = a;
  block[2] = b;
  block[3] = c;
  send((uint64_t)block);
  while (fromhost == 0) {
  }
  fromhost = 0;
  return (int64_t)block[0];
}

int main(void) {
  static const char line[] = "system call\n";
  print("characters\n");
  CHECK_EQUAL(call(64, 1, (uint64_t)line, sizeof line - 1), sizeof line - 1);
  CHECK_EQUAL(call(64, 9, (uint64_t)line, 1), -9);
  CHECK_EQUAL(call(1000, 0, 0, 0), -38);
  for (uint32_t i = 0; i < 4; ++i) begin_signature[i] = 0x11111111 * (i + 1);
  while (tohost != 0) {
  }
#if HTIF_NARROW /* and nothing of the upper half, as older tests do */
  *(volatile half_t*)&tohost = HTIF_END * 2 + 1;
#else
  tohost = HTIF_END * 2 + 1;
#endif
  for (;;) {
  }
}
