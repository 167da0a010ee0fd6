/* Advanced PLIC: sources of two domains, delivered to harts' lines or sent as messages. */
#ifndef KILBURN_SW_DRIVERS_APLIC_H
#define KILBURN_SW_DRIVERS_APLIC_H

#include <stdbool.h>
#include <stdint.h>

#include "kilburn/aplic.h"

/* A domain, and the privilege that it interrupts. */
enum aplic_level { APLIC_MACHINE = 0, APLIC_SUPERVISOR = 1 };

/* Has the board one (in the PLIC's place)? Does it send messages? In machine mode. */
bool aplic_present(void);
bool aplic_sends_messages(void);

/* Of the root domain, in machine mode: where messages go, with `guest_bits` for guest files. */
void aplic_set_addresses(unsigned harts, unsigned guest_bits);
/* Both domains deliver; with direct delivery to all harts. */
void aplic_start(unsigned harts);

/* Gives the source to the level's domain with APLIC_DETACHED or another mode. In machine mode. */
void aplic_configure(enum aplic_level level, unsigned source, unsigned mode);
/* `number`: a priority (1 is the highest), or the identity of the message. */
void aplic_target(enum aplic_level level, unsigned source, unsigned hart, unsigned number);
void aplic_enable(enum aplic_level level, unsigned source, bool on);
/* Software pends the source, where its mode lets it: after handling of a level that has gone out as
 * a message, so that it goes out again where the level is still there. */
void aplic_pend(enum aplic_level level, unsigned source);
bool aplic_pending(enum aplic_level level, unsigned source);

/* Direct delivery: the top source, which is claimed; 0: none. */
unsigned aplic_claim(enum aplic_level level, unsigned hart);
void aplic_set_threshold(enum aplic_level level, unsigned hart, unsigned threshold);

/* A message of its own, when all before it have left. */
void aplic_send(enum aplic_level level, unsigned hart, unsigned identity);

#endif
