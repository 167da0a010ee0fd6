/* The parts of traps_test. Each runs in machine mode and leaves no delegation behind. */
#ifndef KILBURN_SW_GUESTS_TRAPS_TRAPS_H
#define KILBURN_SW_GUESTS_TRAPS_TRAPS_H

/* Illegal instructions, breakpoints, environment calls; what CSRs and modes forbid. */
void test_instructions(void);
/* Access faults, misaligned accesses, physical memory protection; no translation. */
void test_physical_accesses(void);
/* Page faults, for each right that a page can lack. */
void test_page_faults(void);
/* The same, delegated to supervisor mode. */
void test_delegation(void);

#endif
