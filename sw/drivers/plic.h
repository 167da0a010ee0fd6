/* PLIC: routing of device interrupts to a hart's machine or supervisor mode. */
#ifndef KILBURN_SW_DRIVERS_PLIC_H
#define KILBURN_SW_DRIVERS_PLIC_H

#include <stdbool.h>

enum plic_mode { PLIC_MACHINE = 0, PLIC_SUPERVISOR = 1 };

/* 1 to PLIC_PRIORITY_MOST; 0: the source never interrupts. */
void plic_set_priority(unsigned source, unsigned priority);
void plic_enable(unsigned hart, enum plic_mode mode, unsigned source, bool on);
/* Only priorities above it interrupt. */
void plic_set_threshold(unsigned hart, enum plic_mode mode, unsigned threshold);
bool plic_pending(unsigned source);
/* The pending source of the highest priority, now in service; 0: none. */
unsigned plic_claim(unsigned hart, enum plic_mode mode);
void plic_complete(unsigned hart, enum plic_mode mode, unsigned source);

#endif
