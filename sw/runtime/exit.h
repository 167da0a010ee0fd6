/* The end of a run. */
#ifndef KILBURN_SW_RUNTIME_EXIT_H
#define KILBURN_SW_RUNTIME_EXIT_H

/* Exit codes; a guest may use others. */
enum { EXIT_PASS = 0, EXIT_CHECK_FAILED = 1, EXIT_UNEXPECTED_TRAP = 2 };

_Noreturn void machine_exit(unsigned code);

#endif
