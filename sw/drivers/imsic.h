/* IMSIC: the interrupt files of this hart, and messages to those of any hart. */
#ifndef KILBURN_SW_DRIVERS_IMSIC_H
#define KILBURN_SW_DRIVERS_IMSIC_H

#include <stdbool.h>
#include <stdint.h>

#include "kilburn/imsic.h"

/* The file of this level; of supervisor level also in supervisor mode. */
enum imsic_level { IMSIC_MACHINE = 0, IMSIC_SUPERVISOR = 1 };

/* Delivers what is enabled; nothing is, and nothing is pending. */
void imsic_start(enum imsic_level level);
void imsic_enable(enum imsic_level level, unsigned identity, bool on);
/* Identities from `threshold` on do not interrupt; 0: all do. */
void imsic_set_threshold(enum imsic_level level, unsigned threshold);
bool imsic_pending(enum imsic_level level, unsigned identity);
/* The least identity that is pending and enabled, which is claimed; 0: none. */
unsigned imsic_claim(enum imsic_level level);

/* Guest files of this hart, which has the H extension; in machine mode. Pages at supervisor level
 * are 2^bits a hart. */
unsigned imsic_guest_files(void);
unsigned imsic_guest_bits(void);
/* `guest_bits`: as imsic_guest_bits says. */
void imsic_send(enum imsic_level level, unsigned guest_bits, unsigned hart, unsigned identity);

#endif
