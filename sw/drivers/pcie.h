/* PCI Express: functions of bus 0 by ECAM, their BARs and capabilities. */
#ifndef KILBURN_SW_DRIVERS_PCIE_H
#define KILBURN_SW_DRIVERS_PCIE_H

#include <stdbool.h>
#include <stdint.h>

#include "kilburn/pcie.h"

struct pcie_function {
  unsigned device;
  unsigned function;
};

uint32_t pcie_read(struct pcie_function at, unsigned offset, unsigned length);
void pcie_write(struct pcie_function at, unsigned offset, unsigned length, uint32_t value);

/* Finds the first function with these numbers. False: there is none. */
bool pcie_find(uint16_t vendor, uint16_t device, struct pcie_function* found);
/* Offset of a capability; 0: it is not there. */
unsigned pcie_capability(struct pcie_function at, uint8_t id);
unsigned pcie_extended_capability(struct pcie_function at, uint16_t id);

/* Size of BAR `bar` in bytes; 0: it is not there. Memory space must be off. */
uint64_t pcie_bar_bytes(struct pcie_function at, unsigned bar);
/* Puts the function's BARs into the window of 32 bits, one behind the other from `address` on, and
 * lets it answer and reach memory. Returns the address behind them. */
uint64_t pcie_place_bars(struct pcie_function at, uint64_t address);
uint64_t pcie_bar_address(struct pcie_function at, unsigned bar);

/* The PLIC's source that INTA to INTD (pin 1 to 4) of a device comes to. */
unsigned pcie_interrupt_source(struct pcie_function at);

/* Resets the function: all of its registers are as at first. */
void pcie_reset(struct pcie_function at);

#endif
