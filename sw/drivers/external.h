/* External interrupts of devices by whichever controller the board has: a PLIC, an APLIC, or an
 * APLIC that sends messages to IMSICs. */
#ifndef KILBURN_SW_DRIVERS_EXTERNAL_H
#define KILBURN_SW_DRIVERS_EXTERNAL_H

#include <stdbool.h>

enum external_controller { EXTERNAL_PLIC, EXTERNAL_APLIC, EXTERNAL_IMSIC };
enum external_level { EXTERNAL_MACHINE = 0, EXTERNAL_SUPERVISOR = 1 };

/* Once, on hart 0 in machine mode, before the others here: which one it is, and it delivers.
 * `hypervisor`: harts have the H extension. */
enum external_controller external_init(unsigned harts, bool hypervisor);
/* On each hart in machine mode: it can receive. */
void external_init_hart(void);

/* The source (its line asks while it is high) interrupts hart `hart` at the level, and no other. In
 * machine mode, on that hart. */
void external_route(enum external_level level, unsigned hart, unsigned source);
/* Of routed sources: no interrupts any more. */
void external_silence(enum external_level level, unsigned hart, unsigned source);

/* On `hart`, which was interrupted: the source; 0: there is none. */
unsigned external_claim(enum external_level level, unsigned hart);
/* Its device has been seen to. */
void external_complete(enum external_level level, unsigned hart, unsigned source);

#endif
