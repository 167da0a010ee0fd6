/* Single accesses that may fault. */
#ifndef KILBURN_SW_RUNTIME_PROBE_H
#define KILBURN_SW_RUNTIME_PROBE_H

#include <stdint.h>

#include "runtime/trap.h"

struct probe {
  struct trap_record trap; /* count 0: there was none */
  uint64_t value;          /* loaded, or returned by the code fetched */
};

static inline struct probe probe_load(uint64_t address) {
  trap_expect();
  const uint64_t value = *(volatile uint64_t*)address;
  return (struct probe){.trap = trap_expected_end(), .value = value};
}

static inline struct probe probe_store(uint64_t address, uint64_t value) {
  trap_expect();
  *(volatile uint64_t*)address = value;
  return (struct probe){.trap = trap_expected_end()};
}

/* Calls the code at `address`. */
static inline struct probe probe_fetch(uint64_t address) {
  trap_expect();
  const uint64_t value = ((uint64_t(*)(void))address)();
  return (struct probe){.trap = trap_expected_end(), .value = value};
}

#endif
