/* Realm management unit: its commands, each run to its end. There is one set of registers for the
 * board: callers on several harts take a lock. */
#ifndef KILBURN_SW_DRIVERS_RMU_H
#define KILBURN_SW_DRIVERS_RMU_H

#include <stdint.h>

#include "isa/csr.h"
#include "kilburn/rmu.h"

/* What a query says. */
struct rmu_entry {
  unsigned status; /* RMU_STATUS_*; the rest holds only if it is RMU_STATUS_OK */
  unsigned state;  /* RMU_STATE_* */
  unsigned sharing;
  unsigned order; /* of the group that the target is in */
  unsigned owner;
  int member;      /* in a group, and not its head */
  uint64_t head;   /* physical address of the group's head */
  uint64_t mapped; /* virtual page of the target; RMU_MAPPED_ANY */
};

#define RMU_MAPPED_ANY (UINT64_C(1) << RMU_ENTRY_MAPPED_ANY_BIT)

/* Each returns RMU_STATUS_*. `target`: physical address; `order`: log2 of the group's granules. */
unsigned rmu_create_realm(unsigned realm);
unsigned rmu_destroy_realm(unsigned realm);
/* `state`: RMU_STATE_VALID or RMU_STATE_PRIVATE; `mapped`: virtual page number or RMU_MAPPED_ANY */
unsigned rmu_set_owner(uint64_t target, unsigned order, unsigned realm, unsigned state,
                       uint64_t mapped);
unsigned rmu_share(uint64_t target, unsigned order, unsigned sharing);
unsigned rmu_unshare(uint64_t target, unsigned order);
unsigned rmu_scrub(uint64_t target, unsigned order);
unsigned rmu_fuse(uint64_t target, unsigned order);
unsigned rmu_shatter(uint64_t target);
struct rmu_entry rmu_query(uint64_t target);

/* mlrealm (0x7C0), machine mode's: the realm of this hart's accesses in every lower mode, and so of
 * commands that it gives there. Machine mode itself is realm 0. */
static inline void rmu_set_realm_below(unsigned realm) {
  csr_write(0x7C0, realm);
}

/* Cycles that the last command took. */
uint64_t rmu_cycles(void);

#endif
