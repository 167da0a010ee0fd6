#include "runtime/remote_fence.h"

#include <stdatomic.h>

#include "drivers/aclint.h"
#include "isa/fence.h"
#include "runtime/this_hart.h"
#include "runtime/trap.h"

static struct fence_request pending;
static atomic_bool wanted[HARTS_MAX];

void fence_by_form(const struct fence_request* request) {
  switch (request->form) {
    case FENCE_ALL:
      fence_all();
      return;
    case FENCE_PAGE:
      fence_page(request->address);
      return;
    case FENCE_SPACE:
      fence_space(request->asid);
      return;
    case FENCE_PAGE_IN_SPACE:
      fence_page_in_space(request->address, request->asid);
      return;
  }
}

static void answer(struct trap_frame* frame) {
  (void)frame;
  const unsigned hart = hart_id();
  aclint_clear_ipi(hart);
  if (!atomic_load(&wanted[hart])) return;
  fence_by_form(&pending);
  atomic_store(&wanted[hart], false);
}

void remote_fence_init(void) {
  trap_on_interrupt(TRAP_MACHINE, INTERRUPT_M_SOFTWARE, answer);
}

void remote_fence(unsigned hart, const struct fence_request* request) {
  pending = *request;
  atomic_store(&wanted[hart], true);
  aclint_send_ipi(hart);
  while (atomic_load(&wanted[hart])) hart_relax();
}
