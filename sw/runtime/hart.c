#include "runtime/hart.h"

#include <stdatomic.h>
#include <stddef.h>

#include "drivers/aclint.h"
#include "isa/csr.h"
#include "runtime/layout.h"
#include "runtime/pmp.h"
#include "runtime/this_hart.h"
#include "runtime/trap.h"

static struct {
  _Atomic(hart_function) function; /* NULL: idle */
  void* argument;
} work[HARTS_MAX];

void hart_init(unsigned id) {
  this_hart_init(id);
  pmp_open();
  /* cycle, time and instret for all. */
  csr_write(mcounteren, 7);
  csr_write(scounteren, 7);
  trap_init_supervisor();
}

void hart_start(unsigned hart, hart_function function, void* argument) {
  work[hart].argument = argument;
  atomic_store(&work[hart].function, function);
  aclint_send_ipi(hart);
}

void hart_join(unsigned hart) {
  while (atomic_load(&work[hart].function)) hart_relax();
}

/* Where the start-up code leaves the harts other than 0. Interrupts stay off; wfi ends when one
 * that mie enables is pending. */
_Noreturn void hart_wait_for_work(unsigned id) {
  hart_init(id);
  for (;;) {
    csr_set(mie, INTERRUPT_BIT(INTERRUPT_M_SOFTWARE));
    while (!(csr_read(mip) & INTERRUPT_BIT(INTERRUPT_M_SOFTWARE))) __asm__ volatile("wfi");
    aclint_clear_ipi(id);
    const hart_function function = atomic_load(&work[id].function);
    if (!function) continue;
    function(work[id].argument);
    atomic_store(&work[id].function, NULL);
  }
}
