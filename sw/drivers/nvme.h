/* NVM Express: a controller found by its class, its queues, polled or by interrupts. */
#ifndef KILBURN_SW_DRIVERS_NVME_H
#define KILBURN_SW_DRIVERS_NVME_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/pcie.h"
#include "kilburn/nvme.h"

enum { NVME_IO_QUEUES = 4, NVME_QUEUE_ENTRIES = 16 };
/* Of 4 KiB: two a queue pair, and two for PRP lists. */
enum { NVME_DRIVER_PAGES = 2 * (1 + NVME_IO_QUEUES) + 2 };

struct nvme_command {
  uint32_t dwords[16];
};
struct nvme_completion {
  uint32_t result;
  uint32_t reserved;
  uint16_t head;
  uint16_t queue;
  uint16_t id;
  uint16_t status; /* bit 0 is the phase */
};

struct nvme_queue {
  unsigned id;
  unsigned entries;
  struct nvme_command* commands;
  volatile struct nvme_completion* completions;
  unsigned tail;
  unsigned head; /* of the completions */
  unsigned phase;
};

struct nvme {
  uintptr_t registers;
  struct pcie_function at;
  struct nvme_queue admin;
  struct nvme_queue io[NVME_IO_QUEUES];
  uint16_t next_id;
  uint16_t event_id; /* of the asynchronous event request that waits */
  bool event_waits;
  bool event_came;
  uint32_t event_result;
  uint32_t result; /* dword 0 of the last completion */
  uint8_t* list;   /* two pages for PRP lists */
};

/* Finds the first controller, places its BARs at `address` and enables it. `pages`:
 * NVME_DRIVER_PAGES of them, for as long as it is used. False: there is none, or it does not become
 * ready. */
bool nvme_start(struct nvme* nvme, uint64_t address, void* pages);
/* Disables it; everything but its data is gone. False: it does not stop. */
bool nvme_stop(struct nvme* nvme);
/* Enables it again after nvme_stop. */
bool nvme_enable(struct nvme* nvme);
/* Queue pairs 1 to `count`, each with a completion queue of its own. Status. */
unsigned nvme_create_queues(struct nvme* nvme, unsigned count, bool interrupts);

/* Each returns the status, NVME_SUCCESS or another, without DNR and more. */
unsigned nvme_admin(struct nvme* nvme, struct nvme_command command);
unsigned nvme_identify(struct nvme* nvme, unsigned cns, uint32_t nsid, void* page);
unsigned nvme_get_log(struct nvme* nvme, unsigned log, void* to, unsigned bytes);
unsigned nvme_set_feature(struct nvme* nvme, unsigned feature, uint32_t value);
/* The new namespace's id becomes `result`. */
unsigned nvme_create_namespace(struct nvme* nvme, uint64_t blocks, unsigned format, void* page);
unsigned nvme_delete_namespace(struct nvme* nvme, uint32_t nsid);
unsigned nvme_attach(struct nvme* nvme, uint32_t nsid, unsigned controller, bool attach,
                     void* page);
unsigned nvme_format(struct nvme* nvme, uint32_t nsid, unsigned format);
unsigned nvme_resize(struct nvme* nvme, uint32_t nsid, uint64_t blocks);

/* Of a queue pair, 0 or more. Blocks of `bytes` at `data`, which may begin at any dword; the data
 * is contiguous. */
struct nvme_transfer {
  uint32_t nsid;
  uint64_t lba;
  unsigned blocks;
  unsigned bytes; /* of a block */
  void* data;
};
unsigned nvme_read(struct nvme* nvme, unsigned queue, struct nvme_transfer what);
unsigned nvme_write(struct nvme* nvme, unsigned queue, struct nvme_transfer what);
unsigned nvme_compare(struct nvme* nvme, unsigned queue, struct nvme_transfer what);
unsigned nvme_flush(struct nvme* nvme, unsigned queue, uint32_t nsid);
unsigned nvme_io(struct nvme* nvme, unsigned queue, struct nvme_command command);

/* The same in two halves. There is room for NVME_QUEUE_ENTRIES - 1 commands. */
struct nvme_command nvme_transfer_command(struct nvme* nvme, unsigned opcode,
                                          struct nvme_transfer what);
uint16_t nvme_submit(struct nvme* nvme, struct nvme_queue* queue, struct nvme_command command);
/* True: the next completion is there, and has been consumed. */
bool nvme_poll(struct nvme_queue* queue, struct nvme_completion* completion);
unsigned nvme_status(const struct nvme_completion* completion);

/* Leaves a request for an event with the controller. */
void nvme_request_event(struct nvme* nvme);
/* True: it has come; `event_result` says which. */
bool nvme_event(struct nvme* nvme);

#endif
