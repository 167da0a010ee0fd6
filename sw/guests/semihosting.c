/* Semihosting calls from machine mode, and from supervisor mode with addresses that are not
   physical ones. Everything that it says, it says by them; SEMIHOSTING_CODE is its exit code. */
#include <stdint.h>
#include <string.h>

#include "isa/csr.h"
#include "runtime/mode.h"
#include "runtime/pmp.h"

enum { OPEN = 1, CLOSE = 2, WRITEC = 3, WRITE0 = 4, WRITE = 5, READC = 7, ISTTY = 9 };
enum { CLOCK = 0x10, TIME = 0x11, ERRNO = 0x13, EXIT = 0x18 };
#define APPLICATION_EXIT 0x20026

__attribute__((noinline, aligned(16))) static int64_t call(uint64_t operation, const void* block) {
  register uint64_t a0 __asm__("a0") = operation;
  register const void* a1 __asm__("a1") = block;
  __asm__ volatile(
      ".option push\n.option norvc\n.balign 16\n"
      "slli x0, x0, 0x1f\nebreak\nsrai x0, x0, 7\n.option pop"
      : "+r"(a0)
      : "r"(a1)
      : "memory");
  return (int64_t)a0;
}

static void say(const char* text) {
  call(WRITE0, text);
}

static void check(int holds, const char* what) {
  if (holds) return;
  say("does not hold: ");
  say(what);
  say("\n");
  const uint64_t block[] = {APPLICATION_EXIT, 1};
  call(EXIT, block);
}

static void use_handles(void) {
  static const char line[] = "by a handle\n";
  const uint64_t open[] = {(uint64_t) ":tt", 4, 3};
  const uint64_t handle[] = {(uint64_t)call(OPEN, open)};
  check((int64_t)handle[0] > 0, "the console opens");
  const uint64_t write[] = {handle[0], (uint64_t)line, sizeof line - 1};
  check(call(WRITE, write) == 0, "all is written");
  check(call(ISTTY, handle) >= 0, "the handle is known"); /* 0 on QEMU's pipes */
  check(call(CLOSE, handle) == 0, "it closes");
  const uint64_t file[] = {(uint64_t) "no/such/file", 0, 12};
  check(call(OPEN, file) == -1, "no such file");
  check(call(ERRNO, 0) == 2, "errno is ENOENT");
}

#define ALIAS UINT64_C(0x4000000000) /* Sv48: 0x40'8000'0000 is 0x8000'0000 */

static uint64_t root[512] __attribute__((aligned(4096)));
static uint64_t gigabytes[512] __attribute__((aligned(4096)));

static uint64_t speak_as_supervisor(void* text) {
  say((const char*)text + ALIAS);
  return (uint64_t)call(ISTTY, (const void*)(ALIAS / 2));
}

static void use_translation(void) {
  const uint64_t leaf = UINT64_C(0x80000000) >> 2 | 0xCF; /* V R W X A D */
  gigabytes[2] = leaf;
  gigabytes[(ALIAS >> 30) + 2] = leaf;
  root[0] = (uint64_t)gigabytes >> 2 | 1;
  csr_write(satp, UINT64_C(9) << 60 | (uint64_t)root >> 12);
  __asm__ volatile("sfence.vma" ::: "memory");
  const uint64_t result = run_in_mode(MODE_S, speak_as_supervisor, "from supervisor mode\n");
  check((int64_t)result == -1, "arguments that are not mapped");
  csr_write(satp, 0);
}

int main(void) {
  say("by a string\n");
  call(WRITEC, "c");
  call(WRITEC, "\n");
  use_handles();
  use_translation();
  const int64_t early = call(CLOCK, 0);
  check(early >= 0 && call(CLOCK, 0) >= early, "the clock goes on");
  check(call(TIME, 0) > 1000000000, "time since 1970");
  char read = (char)call(READC, 0);
  say("read: ");
  call(WRITEC, &read);
  say("\n");
  const uint64_t block[] = {APPLICATION_EXIT, SEMIHOSTING_CODE};
  call(EXIT, block);
  return 1;
}
