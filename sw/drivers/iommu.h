/* RISC-V IOMMU: contexts of devices and of their processes, invalidation, faults. All devices of
 * bus 0 may have a context of their own. One hart at a time. */
#ifndef KILBURN_SW_DRIVERS_IOMMU_H
#define KILBURN_SW_DRIVERS_IOMMU_H

#include <stdbool.h>
#include <stdint.h>

#include "kilburn/iommu.h"

/* Frames of zeros that it keeps: command queue, fault queue, directory and its four leaves. */
#define IOMMU_FRAMES 7
#define IOMMU_LEAVES 4
#define IOMMU_DEVICES 256

struct iommu {
  uint64_t* commands;
  volatile uint64_t* faults;
  uint64_t* directory;
  uint64_t* leaves[IOMMU_LEAVES];
  unsigned context_bytes; /* of a device context */
  unsigned tail;          /* of the command queue */
};

/* What a device's accesses go through. Zero: its addresses are physical. */
struct iommu_context {
  uint64_t second_stage; /* iohgatp */
  uint64_t first_stage;  /* fsc: iosatp or pdtp */
  unsigned pscid;
  bool processes; /* first_stage is a process directory */
  bool ats;
};

struct iommu_fault {
  unsigned cause;
  unsigned device;
  unsigned type; /* TTYP */
  bool has_process;
  unsigned process;
  uint64_t address; /* iotval */
  uint64_t guest;   /* iotval2 */
};

/* iosatp, iohgatp and pdtp have a mode and a physical address. */
static inline uint64_t iommu_table(unsigned mode, uint64_t root) {
  return (uint64_t)mode << IOMMU_ATP_MODE_SHIFT | root >> 12;
}

/* Its queues are on, its directory is empty: nothing reaches memory until it has a context.
 * `frames`: IOMMU_FRAMES, whose addresses are physical ones. False: the board has none. */
bool iommu_start(struct iommu* iommu, const uint64_t* frames);
/* Off: nothing reaches memory. Bare: everything does. */
void iommu_set_mode(struct iommu* iommu, unsigned mode);

/* Takes effect at once; so do iommu_detach and a second attach. */
void iommu_attach(struct iommu* iommu, unsigned device, const struct iommu_context* context);
void iommu_detach(struct iommu* iommu, unsigned device);
/* Of a device with a process directory of 256 (PD8), which is one frame at `directory`. */
void iommu_attach_process(struct iommu* iommu, unsigned device, uint64_t* directory,
                          unsigned process, uint64_t first_stage, unsigned pscid);

/* Returns when nobody uses what was mapped at the page, or at any page of the address space. */
void iommu_invalidate_page(struct iommu* iommu, unsigned pscid, uint64_t address);
void iommu_invalidate(struct iommu* iommu, unsigned pscid);
/* Of a second stage (GSCID), all of it. */
void iommu_invalidate_guest(struct iommu* iommu, unsigned gscid);

/* Puts a command behind the others; iommu_fence waits until all are done. False: the queue has
 * stopped at one; IOMMU_CQCSR says why. */
void iommu_command(struct iommu* iommu, uint64_t first, uint64_t second);
bool iommu_fence(struct iommu* iommu);

/* The oldest record. False: there is none. */
bool iommu_take_fault(struct iommu* iommu, struct iommu_fault* fault);

#endif
