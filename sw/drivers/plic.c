#include "drivers/plic.h"

#include <stdint.h>

#include "drivers/mmio.h"
#include "kilburn/board.h"
#include "kilburn/plic.h"

static unsigned context_of(unsigned hart, enum plic_mode mode) {
  return PLIC_CONTEXTS_PER_HART * hart + mode;
}

static uintptr_t context_register(unsigned hart, enum plic_mode mode, unsigned offset) {
  return BOARD_PLIC + PLIC_CONTEXT + (uintptr_t)PLIC_CONTEXT_STRIDE * context_of(hart, mode) +
         offset;
}

void plic_set_priority(unsigned source, unsigned priority) {
  mmio_write32(BOARD_PLIC + PLIC_PRIORITY + 4 * source, priority);
}

void plic_enable(unsigned hart, enum plic_mode mode, unsigned source, bool on) {
  const uintptr_t address = BOARD_PLIC + PLIC_ENABLE +
                            (uintptr_t)PLIC_ENABLE_STRIDE * context_of(hart, mode) +
                            4 * (source / 32);
  const uint32_t bit = UINT32_C(1) << source % 32;
  const uint32_t others = mmio_read32(address) & ~bit;
  mmio_write32(address, others | (on ? bit : 0));
}

void plic_set_threshold(unsigned hart, enum plic_mode mode, unsigned threshold) {
  mmio_write32(context_register(hart, mode, PLIC_THRESHOLD), threshold);
}

bool plic_pending(unsigned source) {
  return mmio_read32(BOARD_PLIC + PLIC_PENDING + 4 * (source / 32)) >> source % 32 & 1;
}

unsigned plic_claim(unsigned hart, enum plic_mode mode) {
  return mmio_read32(context_register(hart, mode, PLIC_CLAIM));
}

void plic_complete(unsigned hart, enum plic_mode mode, unsigned source) {
  mmio_write32(context_register(hart, mode, PLIC_CLAIM), source);
}
