#include "guests/page_table_stress/fences.h"

#include "isa/fence.h"
#include "runtime/frame.h"

enum form { FORM_ALL, FORM_PAGE, FORM_SPACE, FORM_PAGE_IN_SPACE };

static enum form any_form(enum change_kind kind, struct random* random) {
  switch (kind) {
    case CHANGE_TABLE: /* by address, only leaf entries are ordered */
      return random_one_in(random, 4) ? FORM_ALL : FORM_SPACE;
    case CHANGE_GLOBAL: /* by ASID, global entries stay */
      return random_one_in(random, 4) ? FORM_ALL : FORM_PAGE;
    case CHANGE_PAGE:
    case CHANGE_NAPOT:
      return (enum form)random_below(random, 4);
  }
  return FORM_ALL;
}

static void fence_plain(enum form form, uint64_t address, unsigned asid) {
  switch (form) {
    case FORM_ALL:
      fence_all();
      return;
    case FORM_PAGE:
      fence_page(address);
      return;
    case FORM_SPACE:
      fence_space(asid);
      return;
    case FORM_PAGE_IN_SPACE:
      fence_page_in_space(address, asid);
      return;
  }
}

static void fence_in_batch(enum form form, uint64_t address, unsigned asid) {
  switch (form) {
    case FORM_ALL:
      fence_batch_all();
      return;
    case FORM_PAGE:
      fence_batch_page(address);
      return;
    case FORM_SPACE:
      fence_batch_space(asid);
      return;
    case FORM_PAGE_IN_SPACE:
      fence_batch_page_in_space(address, asid);
      return;
  }
}

static void count_form(struct fence_counts* counts, enum form form) {
  uint64_t* const counters[] = {&counts->all, &counts->page, &counts->space,
                                &counts->page_in_space};
  ++*counters[form];
}

void fence_changes(const struct change* changes, unsigned count, bool svinval,
                   struct random* random, struct fence_counts* counts) {
#ifdef STRESS_SKIP_FENCES
  if (random_one_in(random, STRESS_SKIP_FENCES)) return; /* a bug, for the checks to find */
#endif
  const bool batch = svinval && random_one_in(random, 2);
  void (*const fence)(enum form, uint64_t, unsigned) = batch ? fence_in_batch : fence_plain;
  if (batch) {
    counts->batches++;
    fence_begin_batch();
  }
  for (unsigned i = 0; i < count; i++) {
    const enum form form = any_form(changes[i].kind, random);
    count_form(counts, form);
    const bool by_address = form == FORM_PAGE || form == FORM_PAGE_IN_SPACE;
    const unsigned leaves = changes[i].kind == CHANGE_NAPOT && by_address ? PAGES : 1;
    for (unsigned leaf = 0; leaf < leaves; leaf++)
      fence(form, changes[i].address + leaf * FRAME_SIZE, changes[i].asid);
  }
  if (batch) fence_end_batch();
}
