/* Fences as narrow as a change allows, in every form that the hart has. */
#ifndef KILBURN_SW_GUESTS_PAGE_TABLE_STRESS_FENCES_H
#define KILBURN_SW_GUESTS_PAGE_TABLE_STRESS_FENCES_H

#include <stdbool.h>

#include "guests/page_table_stress/window.h"

/* How often each form was used. */
struct fence_counts {
  uint64_t all;
  uint64_t page;
  uint64_t space;
  uint64_t page_in_space;
  uint64_t batches; /* by Svinval */
};

/* Fences all changes, each by a form chosen at random from those that suffice. */
void fence_changes(const struct change* changes, unsigned count, bool svinval,
                   struct random* random, struct fence_counts* counts);

#endif
