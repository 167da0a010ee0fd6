/* Fences on other harts, by inter-processor interrupt. From machine mode. */
#ifndef KILBURN_SW_RUNTIME_REMOTE_FENCE_H
#define KILBURN_SW_RUNTIME_REMOTE_FENCE_H

#include <stdint.h>

enum fence_form { FENCE_ALL, FENCE_PAGE, FENCE_SPACE, FENCE_PAGE_IN_SPACE };

struct fence_request {
  enum fence_form form;
  uint64_t address; /* if by page */
  unsigned asid;    /* if by space */
};

/* This hart, machine mode: the form asked for. */
void fence_by_form(const struct fence_request* request);

/* Once, before any hart asks. A hart that hart_start has set to work answers while it runs below
 * machine mode; before its work has begun, it must not be asked. */
void remote_fence_init(void);

/* Asks the hart and waits until it has fenced. One hart may ask at a time. */
void remote_fence(unsigned hart, const struct fence_request* request);

#endif
