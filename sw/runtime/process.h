/* Processes: user-mode functions in address spaces of their own, and the kernel that runs them in
 * turn. A process has the image's code at its usual place, a copy of its data as it is at the
 * moment of creation, and a stack. The kernel runs in supervisor mode, in one address space; it is
 * not preempted. */
#ifndef KILBURN_SW_RUNTIME_PROCESS_H
#define KILBURN_SW_RUNTIME_PROCESS_H

#include <stdint.h>

#include "runtime/address_space.h"
#include "runtime/mode.h"
#include "runtime/trap.h"

struct process_state {
  struct trap_frame frame;
  uint64_t kernel_satp;
  uint64_t kernel_sp;
  uint64_t kernel_tp;
  uint64_t kernel_return;
};

enum process_status {
  PROCESS_READY,
  PROCESS_DONE,
  PROCESS_FAULTED /* by an exception: cause, epc and tval in state->frame */
};

struct process {
  struct address_space space;
  struct process_state* state;
  enum process_status status;
  uint64_t result;      /* of the function, when done */
  uint64_t slices;      /* times that it was let run */
  uint64_t preemptions; /* slices that the timer ended */
};

/* The kernel's own address space: identity, by 2 MiB pages, and the trampoline. */
struct address_space process_kernel_space(unsigned levels);

/* `asid`: not 0 (the kernel's), and no other process's. `levels`: as the kernel's. All pages have
 * 4 KiB. */
struct process process_create(unsigned levels, unsigned asid, mode_function function,
                              void* argument);

/* A page of zeros of its own, user-writable. */
void process_map_page(struct process* process, uint64_t virtual_address);

/* In supervisor mode, in the kernel's address space, firmware_init done: runs all processes in
 * turn, `ticks` of time each, until none is ready. */
void process_run_all(struct process* processes, unsigned count, uint64_t ticks);

/* System calls, for the processes. */
void process_yield(void);
/* Slices that this process has had, the present one included. */
uint64_t process_slices(void);
_Noreturn void process_exit(uint64_t result);

#endif
