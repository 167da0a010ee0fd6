#include "drivers/imsic.h"

#include "drivers/mmio.h"
#include "isa/csr.h"
#include "kilburn/board.h"

/* By numbers: assemblers of 2022 do not know the names. 0x350 miselect, 0x351 mireg, 0x35C mtopei;
 * 0x150 siselect, 0x151 sireg, 0x15C stopei. */
static void select_register(enum imsic_level level, unsigned number) {
  if (level == IMSIC_MACHINE)
    csr_write(0x350, number);
  else
    csr_write(0x150, number);
}

static uint64_t read_register(enum imsic_level level, unsigned number) {
  select_register(level, number);
  return level == IMSIC_MACHINE ? csr_read(0x351) : csr_read(0x151);
}

static void write_register(enum imsic_level level, unsigned number, uint64_t value) {
  select_register(level, number);
  if (level == IMSIC_MACHINE)
    csr_write(0x351, value);
  else
    csr_write(0x151, value);
}

static unsigned word(unsigned array, unsigned identity) {
  return array + identity / 64 * 2;
}

void imsic_start(enum imsic_level level) {
  for (unsigned identity = 0; identity <= IMSIC_IDENTITIES; identity += 64) {
    write_register(level, word(IMSIC_EIE, identity), 0);
    write_register(level, word(IMSIC_EIP, identity), 0);
  }
  write_register(level, IMSIC_EITHRESHOLD, 0);
  write_register(level, IMSIC_EIDELIVERY, 1);
}

/* One instruction changes the bit, so that none of another is lost to an interrupt between. */
void imsic_enable(enum imsic_level level, unsigned identity, bool on) {
  const uint64_t bit = UINT64_C(1) << identity % 64;
  select_register(level, word(IMSIC_EIE, identity));
  if (level == IMSIC_MACHINE && on) csr_set(0x351, bit);
  if (level == IMSIC_MACHINE && !on) csr_clear(0x351, bit);
  if (level == IMSIC_SUPERVISOR && on) csr_set(0x151, bit);
  if (level == IMSIC_SUPERVISOR && !on) csr_clear(0x151, bit);
}

void imsic_set_threshold(enum imsic_level level, unsigned threshold) {
  write_register(level, IMSIC_EITHRESHOLD, threshold);
}

bool imsic_pending(enum imsic_level level, unsigned identity) {
  return read_register(level, word(IMSIC_EIP, identity)) >> identity % 64 & 1;
}

unsigned imsic_claim(enum imsic_level level) {
  uint64_t top;
  if (level == IMSIC_MACHINE)
    __asm__ volatile("csrrw %0, 0x35C, zero" : "=r"(top)::"memory");
  else
    __asm__ volatile("csrrw %0, 0x15C, zero" : "=r"(top)::"memory");
  return (unsigned)(top >> IMSIC_TOPEI_IDENTITY_SHIFT);
}

unsigned imsic_guest_files(void) {
  const uint64_t before = csr_read(0x607); /* hgeie: bits 1 to GEILEN */
  csr_write(0x607, ~UINT64_C(0));
  const unsigned files = (unsigned)__builtin_popcountll(csr_read(0x607));
  csr_write(0x607, before);
  return files;
}

unsigned imsic_guest_bits(void) {
  unsigned bits = 0;
  while (1U << bits < imsic_guest_files() + 1) bits++;
  return bits;
}

void imsic_send(enum imsic_level level, unsigned guest_bits, unsigned hart, unsigned identity) {
  const uintptr_t page = level == IMSIC_MACHINE
                             ? BOARD_IMSIC_M + (uintptr_t)IMSIC_PAGE_BYTES * hart
                             : BOARD_IMSIC_S + ((uintptr_t)IMSIC_PAGE_BYTES * hart << guest_bits);
  mmio_fence(); /* what the message tells of comes before it */
  mmio_write32(page + IMSIC_SETEIPNUM_LE, identity);
}
