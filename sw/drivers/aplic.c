#include "drivers/aplic.h"

#include "drivers/mmio.h"
#include "kilburn/board.h"

static uintptr_t at(enum aplic_level level, unsigned offset) {
  return (level == APLIC_MACHINE ? BOARD_APLIC_M : BOARD_APLIC_S) + offset;
}

static uintptr_t of_hart(enum aplic_level level, unsigned hart, unsigned offset) {
  return at(level, APLIC_IDC + APLIC_IDC_STRIDE * hart + offset);
}

bool aplic_present(void) {
  return mmio_read32(at(APLIC_MACHINE, APLIC_DOMAINCFG)) & APLIC_DOMAINCFG_READ_ONLY;
}

bool aplic_sends_messages(void) {
  return mmio_read32(at(APLIC_MACHINE, APLIC_DOMAINCFG)) & APLIC_DOMAINCFG_DM;
}

void aplic_set_addresses(unsigned harts, unsigned guest_bits) {
  unsigned width = 0;
  while (1U << width < harts) width++;
  mmio_write32(at(APLIC_MACHINE, APLIC_MMSIADDRCFG), BOARD_IMSIC_M >> 12);
  mmio_write32(at(APLIC_MACHINE, APLIC_SMSIADDRCFG), BOARD_IMSIC_S >> 12);
  mmio_write32(at(APLIC_MACHINE, APLIC_SMSIADDRCFGH), guest_bits << APLIC_MSIADDR_LHXS_SHIFT);
  mmio_write32(at(APLIC_MACHINE, APLIC_MMSIADDRCFGH), width << APLIC_MSIADDR_LHXW_SHIFT);
}

void aplic_start(unsigned harts) {
  for (unsigned level = APLIC_MACHINE; level <= APLIC_SUPERVISOR; level++) {
    for (unsigned hart = 0; hart < harts && !aplic_sends_messages(); hart++) {
      mmio_write32(of_hart(level, hart, APLIC_ITHRESHOLD), 0);
      mmio_write32(of_hart(level, hart, APLIC_IDELIVERY), 1);
    }
    mmio_write32(at(level, APLIC_DOMAINCFG), APLIC_DOMAINCFG_IE);
  }
}

void aplic_configure(enum aplic_level level, unsigned source, unsigned mode) {
  const unsigned offset = APLIC_SOURCECFG + 4 * source;
  if (level == APLIC_SUPERVISOR) mmio_write32(at(APLIC_MACHINE, offset), APLIC_SOURCECFG_DELEGATE);
  mmio_write32(at(level, offset), mode);
}

void aplic_target(enum aplic_level level, unsigned source, unsigned hart, unsigned number) {
  mmio_write32(at(level, APLIC_TARGET + 4 * source), hart << APLIC_TARGET_HART_SHIFT | number);
}

void aplic_enable(enum aplic_level level, unsigned source, bool on) {
  mmio_write32(at(level, on ? APLIC_SETIENUM : APLIC_CLRIENUM), source);
}

void aplic_pend(enum aplic_level level, unsigned source) {
  mmio_write32(at(level, APLIC_SETIPNUM), source);
}

bool aplic_pending(enum aplic_level level, unsigned source) {
  return mmio_read32(at(level, APLIC_SETIP + 4 * (source / 32))) >> source % 32 & 1;
}

unsigned aplic_claim(enum aplic_level level, unsigned hart) {
  return mmio_read32(of_hart(level, hart, APLIC_CLAIMI)) >> APLIC_TOPI_SOURCE_SHIFT;
}

void aplic_set_threshold(enum aplic_level level, unsigned hart, unsigned threshold) {
  mmio_write32(of_hart(level, hart, APLIC_ITHRESHOLD), threshold);
}

void aplic_send(enum aplic_level level, unsigned hart, unsigned identity) {
  while (mmio_read32(at(level, APLIC_GENMSI)) & APLIC_GENMSI_BUSY) {
  }
  mmio_write32(at(level, APLIC_GENMSI), hart << APLIC_TARGET_HART_SHIFT | identity);
}
