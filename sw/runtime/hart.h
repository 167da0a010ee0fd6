/* The start of a hart, and work for the others. */
#ifndef KILBURN_SW_RUNTIME_HART_H
#define KILBURN_SW_RUNTIME_HART_H

/* Called once by each hart, in machine mode: CSRs that all guests want. */
void hart_init(unsigned id);

typedef void (*hart_function)(void* argument);

/* From hart 0 in machine mode: lets another hart run function(argument), in machine mode. */
void hart_start(unsigned hart, hart_function function, void* argument);
/* Waits until it has returned. */
void hart_join(unsigned hart);

#endif
