#include "runtime/process.h"

#include <stddef.h>
#include <string.h>

#include "drivers/uart.h"
#include "runtime/check.h"
#include "runtime/console.h"
#include "runtime/firmware.h"
#include "runtime/frame.h"
#include "runtime/image.h"
#include "runtime/process_layout.h"

_Static_assert(offsetof(struct process_state, kernel_satp) == STATE_KERNEL_SATP, "as in assembler");
_Static_assert(offsetof(struct process_state, kernel_return) == STATE_KERNEL_RETURN, "");
_Static_assert(sizeof(struct process_state) <= FRAME_SIZE, "one page");

/* The stack's page range; thread-local storage is at its start. */
#define STACK UINT64_C(0x2000000000)
#define STACK_BYTES (16 * FRAME_SIZE)

enum system_call { SYSTEM_EXIT = 1, SYSTEM_YIELD, SYSTEM_SLICES, SYSTEM_PUT };

void process_enter(struct process_state* state, uint64_t process_satp);

/* --- In the process --- */

static uint64_t system_call(enum system_call number, uint64_t argument) {
  register uint64_t a0 __asm__("a0") = argument;
  register uint64_t a7 __asm__("a7") = number;
  __asm__ volatile("ecall" : "+r"(a0) : "r"(a7) : "memory");
  return a0;
}

void process_yield(void) {
  system_call(SYSTEM_YIELD, 0);
}

uint64_t process_slices(void) {
  return system_call(SYSTEM_SLICES, 0);
}

_Noreturn void process_exit(uint64_t result) {
  system_call(SYSTEM_EXIT, result);
  __builtin_unreachable();
}

static void put_by_system_call(char character) {
  system_call(SYSTEM_PUT, (unsigned char)character);
}

/* The first code of a process. */
static void process_main(mode_function function, void* argument) {
  console_set_output(put_by_system_call);
  process_exit(function(argument));
}

/* --- In the kernel --- */

static void map_trampoline(struct address_space* space) {
  page_table_map(&space->table, TRAMPOLINE, (uint64_t)kilburn_trampoline, PAGE_4K, PTE_RX | PTE_G);
}

struct address_space process_kernel_space(unsigned levels) {
  struct address_space space = address_space_create(levels, 0);
  address_space_map_identity(&space, PAGE_2M, 0);
  map_trampoline(&space);
  return space;
}

void process_map_page(struct process* process, uint64_t virtual_address) {
  page_table_map(&process->space.table, virtual_address, frame_allocate(), PAGE_4K, PTE_RW | PTE_U);
}

static void map_code(struct process* process) {
  const uint64_t text = (uint64_t)kilburn_image;
  const uint64_t constants = (uint64_t)kilburn_text_end;
  const uint64_t data = (uint64_t)kilburn_data;
  struct page_table* const table = &process->space.table;
  page_table_map_range(table, text, text, constants - text, PAGE_4K, PTE_RX | PTE_U);
  page_table_map_range(table, constants, constants, data - constants, PAGE_4K, PTE_R | PTE_U);
}

static void copy_data(struct process* process) {
  for (uint64_t page = (uint64_t)kilburn_data; page < (uint64_t)kilburn_data_end;
       page += FRAME_SIZE) {
    const uint64_t frame = frame_allocate();
    memcpy((void*)frame, (const void*)page, FRAME_SIZE);
    page_table_map(&process->space.table, page, frame, PAGE_4K, PTE_RW | PTE_U);
  }
}

static void map_stack(struct process* process) {
  const uint64_t first = frame_allocate();
  memcpy((void*)first, kilburn_tls_image, (size_t)(kilburn_tls_image_end - kilburn_tls_image));
  page_table_map(&process->space.table, STACK, first, PAGE_4K, PTE_RW | PTE_U);
  for (uint64_t page = STACK + FRAME_SIZE; page < STACK + STACK_BYTES; page += FRAME_SIZE)
    process_map_page(process, page);
}

struct process process_create(unsigned levels, unsigned asid, mode_function function,
                              void* argument) {
  struct process process = {.space = address_space_create(levels, asid),
                            .state = (struct process_state*)frame_allocate()};
  map_code(&process);
  copy_data(&process);
  map_stack(&process);
  map_trampoline(&process.space);
  page_table_map(&process.space.table, PROCESS_STATE, (uint64_t)process.state, PAGE_4K, PTE_RW);

  extern char __global_pointer$[];
  struct trap_frame* const frame = &process.state->frame;
  frame->status = MSTATUS_SPIE | MSTATUS_FS_INITIAL; /* SPP: user mode */
  frame->epc = (uint64_t)process_main;
  frame->x[2] = STACK + STACK_BYTES;
  frame->x[3] = (uint64_t)__global_pointer$;
  frame->x[4] = STACK;
  frame->x[10] = (uint64_t)function;
  frame->x[11] = (uint64_t)argument;
  return process;
}

/* True: the process goes on in the same slice. */
static bool serve(struct process* process) {
  struct trap_frame* const frame = &process->state->frame;
  frame->epc += 4;
  switch (frame->x[17]) {
    case SYSTEM_EXIT:
      process->status = PROCESS_DONE;
      process->result = frame->x[10];
      return false;
    case SYSTEM_YIELD:
      return false;
    case SYSTEM_SLICES:
      frame->x[10] = process->slices;
      return true;
    case SYSTEM_PUT:
      uart_put((char)frame->x[10]);
      return true;
    default:
      frame->x[10] = UINT64_MAX;
      return true;
  }
}

static void run_slice(struct process* process, uint64_t ticks) {
  const struct trap_frame* const frame = &process->state->frame;
  const uint64_t satp = address_space_satp(&process->space);
  process->slices++;
  timer_set(timer_now() + ticks);
  for (;;) {
    process_enter(process->state, satp);
    if (frame->cause == (CAUSE_INTERRUPT | INTERRUPT_S_TIMER)) {
      process->preemptions++;
      return;
    }
    if (frame->cause != CAUSE_ECALL_U) {
      process->status = PROCESS_FAULTED;
      return;
    }
    if (!serve(process)) return;
  }
}

void process_run_all(struct process* processes, unsigned count, uint64_t ticks) {
  csr_set(sie, INTERRUPT_BIT(INTERRUPT_S_TIMER));
  for (bool ready = true; ready;) {
    ready = false;
    for (unsigned i = 0; i < count; i++) {
      if (processes[i].status != PROCESS_READY) continue;
      run_slice(&processes[i], ticks);
      ready = true;
    }
  }
  csr_clear(sie, INTERRUPT_BIT(INTERRUPT_S_TIMER));
  timer_set(UINT64_MAX);
}
