/* What the hart can do beyond RV64GC, found by trying. */
#ifndef KILBURN_SW_RUNTIME_FEATURES_H
#define KILBURN_SW_RUNTIME_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

struct hart_features {
  bool svnapot;
  bool svinval;
  bool sstc;
  bool hypervisor;
  unsigned largest_levels; /* of page tables: 5 if Sv57 is there, 4, 3; 0: no translation */
  unsigned asid_bits;
};

/* In machine mode; satp is 0 afterwards. */
struct hart_features features_find(void);

void features_print(const struct hart_features* features);

#endif
