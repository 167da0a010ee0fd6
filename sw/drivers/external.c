#include "drivers/external.h"

#include "drivers/aplic.h"
#include "drivers/imsic.h"
#include "drivers/plic.h"

static enum external_controller controller;

enum external_controller external_init(unsigned harts, bool hypervisor) {
  controller = !aplic_present()         ? EXTERNAL_PLIC
               : aplic_sends_messages() ? EXTERNAL_IMSIC
                                        : EXTERNAL_APLIC;
  if (controller == EXTERNAL_IMSIC) aplic_set_addresses(harts, hypervisor ? imsic_guest_bits() : 0);
  if (controller != EXTERNAL_PLIC) aplic_start(harts);
  return controller;
}

void external_init_hart(void) {
  if (controller != EXTERNAL_IMSIC) return;
  imsic_start(IMSIC_MACHINE);
  imsic_start(IMSIC_SUPERVISOR);
}

/* Levels have the same numbers with all controllers; a message's identity is the source's number.
 */
void external_route(enum external_level level, unsigned hart, unsigned source) {
  if (controller == EXTERNAL_PLIC) {
    plic_set_priority(source, 1);
    plic_set_threshold(hart, (enum plic_mode)level, 0);
    plic_enable(hart, (enum plic_mode)level, source, true);
    return;
  }
  const enum aplic_level domain = (enum aplic_level)level;
  aplic_configure(domain, source, APLIC_LEVEL_HIGH);
  if (controller == EXTERNAL_IMSIC) {
    aplic_target(domain, source, hart, source);
    imsic_enable((enum imsic_level)level, source, true);
  } else {
    aplic_target(domain, source, hart, 1);
  }
  aplic_enable(domain, source, true);
}

void external_silence(enum external_level level, unsigned hart, unsigned source) {
  if (controller == EXTERNAL_PLIC)
    plic_enable(hart, (enum plic_mode)level, source, false);
  else
    aplic_configure((enum aplic_level)level, source, APLIC_INACTIVE);
}

unsigned external_claim(enum external_level level, unsigned hart) {
  switch (controller) {
    case EXTERNAL_PLIC:
      return plic_claim(hart, (enum plic_mode)level);
    case EXTERNAL_APLIC:
      return aplic_claim((enum aplic_level)level, hart);
    case EXTERNAL_IMSIC:
      return imsic_claim((enum imsic_level)level);
  }
  return 0;
}

void external_complete(enum external_level level, unsigned hart, unsigned source) {
  if (controller == EXTERNAL_PLIC) plic_complete(hart, (enum plic_mode)level, source);
  if (controller == EXTERNAL_IMSIC) aplic_pend((enum aplic_level)level, source);
}
