/* Traps: handlers by cause, and exceptions that a guest provokes on purpose. */
#ifndef KILBURN_SW_RUNTIME_TRAP_H
#define KILBURN_SW_RUNTIME_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "isa/csr.h"
#include "runtime/layout.h"

/* Registers of the interrupted code; a handler may change them. */
struct trap_frame {
  uint64_t x[32]; /* x[0]: not zero if the trap came from a lower privilege */
  uint64_t f[32];
  uint64_t fcsr;
  uint64_t status; /* mstatus or sstatus */
  uint64_t epc;
  uint64_t cause;
  uint64_t tval;
  uint64_t unused;
};
_Static_assert(sizeof(struct trap_frame) == FRAME_BYTES, "as the assembler has it");

/* The privilege that takes the trap. */
enum trap_level { TRAP_MACHINE, TRAP_SUPERVISOR };

typedef void (*trap_handler)(struct trap_frame* frame);

/* One handler a level and cause, for all harts; NULL: the trap is unexpected, and ends the guest
 * with EXIT_UNEXPECTED_TRAP. */
void trap_on_exception(enum trap_level level, enum cause cause, trap_handler handler);
void trap_on_interrupt(enum trap_level level, enum interrupt number, trap_handler handler);

/* Asked at each trap, before handlers: true where it has seen to the trap. One for all harts. */
typedef bool (*trap_filter)(enum trap_level level, struct trap_frame* frame);
void trap_before_handlers(trap_filter filter);

/* What the exceptions between trap_expect and trap_expected_end did. */
struct trap_record {
  unsigned count;
  enum trap_level level;
  uint64_t cause; /* of the last one, as the rest */
  uint64_t epc;
  uint64_t tval;
  uint64_t status; /* mstatus or sstatus of the handler: previous mode and the like */
  /* Of guest page faults, else 0: */
  uint64_t second;      /* mtval2 or htval: guest physical address, shifted right by 2 */
  uint64_t instruction; /* mtinst or htinst */
  uint64_t guest;       /* hstatus, if supervisor mode took it */
};

/* From here on, this hart's exceptions (not those with a handler of their own) are recorded, and
 * the instruction that raised one is skipped; after a failed fetch the hart goes on at ra. Code
 * below machine mode may call it, too, as long as it sees the hart's memory. */
void trap_expect(void);
struct trap_record trap_expected_end(void);

/* Bytes of the instruction at `address`: 2 or 4. */
unsigned instruction_bytes(uint64_t address);

/* Prepares supervisor mode to take traps: stvec and sscratch. */
void trap_init_supervisor(void);

const char* cause_name(uint64_t cause);

#endif
