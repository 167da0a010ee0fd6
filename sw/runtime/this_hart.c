#include "runtime/this_hart.h"

#include "isa/csr.h"
#include "runtime/layout.h"

static _Thread_local unsigned this_hart;
static _Thread_local bool has_hypervisor;

#define MISA_H (UINT64_C(1) << 7)

unsigned hart_id(void) {
  return this_hart;
}

bool hart_has_hypervisor(void) {
  return has_hypervisor;
}

uint64_t hart_region(void) {
  extern char kilburn_hart_regions[];
  return (uint64_t)kilburn_hart_regions + (uint64_t)HART_REGION * this_hart;
}

void this_hart_init(unsigned id) {
  this_hart = id;
  has_hypervisor = csr_read(misa) & MISA_H;
}
