#include "drivers/nvme.h"

#include <string.h>

#include "drivers/mmio.h"

enum { PAGE = 4096, PATIENCE = 100000000 };

static uint64_t bus_address(const volatile void* pointer) {
  return (uint64_t)pointer;
}

static bool find(struct pcie_function* found) {
  for (unsigned device = 0; device < 32; device++) {
    const struct pcie_function at = {.device = device};
    if (pcie_read(at, PCIE_VENDOR, 4) == 0xFFFFFFFF) continue;
    if (pcie_read(at, PCIE_REVISION, 4) >> 8 != NVME_CLASS) continue;
    *found = at;
    return true;
  }
  return false;
}

static bool wait_ready(struct nvme* nvme, unsigned ready) {
  for (unsigned i = 0; i < PATIENCE; i++) {
    const uint32_t status = mmio_read32(nvme->registers + NVME_CSTS);
    if (status & NVME_CSTS_CFS) return false;
    if ((status & NVME_CSTS_RDY) == ready) return true;
  }
  return false;
}

static void reset_queue(struct nvme_queue* queue) {
  memset(queue->commands, 0, PAGE);
  memset((void*)queue->completions, 0, PAGE);
  queue->tail = 0;
  queue->head = 0;
  queue->phase = 1;
}

/* Takes two of the pages; returns those that are left. */
static uint8_t* make_queue(struct nvme_queue* queue, unsigned id, uint8_t* pages) {
  queue->id = id;
  queue->entries = NVME_QUEUE_ENTRIES;
  queue->commands = (struct nvme_command*)pages;
  queue->completions = (volatile struct nvme_completion*)(pages + PAGE);
  return pages + 2 * PAGE;
}

bool nvme_start(struct nvme* nvme, uint64_t address, void* pages) {
  memset(nvme, 0, sizeof *nvme);
  if (!find(&nvme->at)) return false;
  pcie_place_bars(nvme->at, address);
  nvme->registers = pcie_bar_address(nvme->at, 0);
  nvme->next_id = 0xFFF0; /* soon at the end of its 16 bits */
  uint8_t* left = make_queue(&nvme->admin, 0, pages);
  for (unsigned i = 0; i < NVME_IO_QUEUES; i++) left = make_queue(&nvme->io[i], i + 1, left);
  nvme->list = left;
  return nvme_stop(nvme) && nvme_enable(nvme);
}

bool nvme_stop(struct nvme* nvme) {
  mmio_write32(nvme->registers + NVME_CC, 0);
  return wait_ready(nvme, 0);
}

bool nvme_enable(struct nvme* nvme) {
  reset_queue(&nvme->admin);
  for (unsigned i = 0; i < NVME_IO_QUEUES; i++) reset_queue(&nvme->io[i]);
  nvme->event_waits = nvme->event_came = false;
  mmio_write32(nvme->registers + NVME_AQA,
               (NVME_QUEUE_ENTRIES - 1) << 16 | (NVME_QUEUE_ENTRIES - 1));
  /* As halves and as a whole: either is allowed. */
  const uint64_t commands = bus_address(nvme->admin.commands);
  mmio_write32(nvme->registers + NVME_ASQ, (uint32_t)commands);
  mmio_write32(nvme->registers + NVME_ASQ + 4, (uint32_t)(commands >> 32));
  mmio_write64(nvme->registers + NVME_ACQ, bus_address(nvme->admin.completions));
  mmio_write32(nvme->registers + NVME_CC,
               NVME_CQES << NVME_CC_IOCQES_SHIFT | NVME_SQES << NVME_CC_IOSQES_SHIFT | NVME_CC_EN);
  return wait_ready(nvme, NVME_CSTS_RDY);
}

static uintptr_t doorbell(const struct nvme* nvme, unsigned queue, unsigned head) {
  return nvme->registers + NVME_DOORBELLS + NVME_DOORBELL_BYTES * (2 * queue + head);
}

uint16_t nvme_submit(struct nvme* nvme, struct nvme_queue* queue, struct nvme_command command) {
  const uint16_t id = nvme->next_id++;
  command.dwords[NVME_DW_OPCODE] |= (uint32_t)id << NVME_CID_SHIFT;
  queue->commands[queue->tail] = command;
  queue->tail = (queue->tail + 1) % queue->entries;
  mmio_fence();
  mmio_write32(doorbell(nvme, queue->id, 0), queue->tail);
  return id;
}

bool nvme_poll(struct nvme_queue* queue, struct nvme_completion* completion) {
  volatile struct nvme_completion* next = &queue->completions[queue->head];
  if ((next->status & 1) != queue->phase) return false;
  mmio_fence();
  *completion = *(struct nvme_completion*)next;
  queue->head = (queue->head + 1) % queue->entries;
  if (queue->head == 0) queue->phase ^= 1;
  return true;
}

static bool consume(struct nvme* nvme, struct nvme_queue* queue,
                    struct nvme_completion* completion) {
  if (!nvme_poll(queue, completion)) return false;
  mmio_write32(doorbell(nvme, queue->id, 1), queue->head);
  return true;
}

unsigned nvme_status(const struct nvme_completion* completion) {
  return completion->status >> 1 & NVME_STATUS_MASK;
}

/* False: it was not an event's. */
static bool take_event(struct nvme* nvme, const struct nvme_completion* completion) {
  if (!nvme->event_waits || completion->id != nvme->event_id) return false;
  nvme->event_waits = false;
  nvme->event_came = true;
  nvme->event_result = completion->result;
  return true;
}

static unsigned run(struct nvme* nvme, struct nvme_queue* queue, struct nvme_command command) {
  const uint16_t id = nvme_submit(nvme, queue, command);
  for (unsigned i = 0; i < PATIENCE; i++) {
    struct nvme_completion completion;
    if (!consume(nvme, queue, &completion)) continue;
    if (queue->id == 0 && take_event(nvme, &completion)) continue;
    if (completion.id != id || completion.queue != queue->id) return NVME_INTERNAL_ERROR;
    nvme->result = completion.result;
    return nvme_status(&completion);
  }
  return NVME_INTERNAL_ERROR;
}

unsigned nvme_admin(struct nvme* nvme, struct nvme_command command) {
  return run(nvme, &nvme->admin, command);
}

unsigned nvme_io(struct nvme* nvme, unsigned queue, struct nvme_command command) {
  return run(nvme, &nvme->io[queue], command);
}

static void put_wide(struct nvme_command* command, unsigned dword, uint64_t value) {
  command->dwords[dword] = (uint32_t)value;
  command->dwords[dword + 1] = (uint32_t)(value >> 32);
}

static struct nvme_command with_page(unsigned opcode, uint32_t nsid, const volatile void* page) {
  struct nvme_command command = {0};
  command.dwords[NVME_DW_OPCODE] = opcode;
  command.dwords[NVME_DW_NSID] = nsid;
  put_wide(&command, NVME_DW_PRP1, bus_address(page));
  return command;
}

unsigned nvme_create_queues(struct nvme* nvme, unsigned count, bool interrupts) {
  for (unsigned i = 0; i < count; i++) {
    const struct nvme_queue* queue = &nvme->io[i];
    struct nvme_command command = with_page(NVME_ADMIN_CREATE_CQ, 0, queue->completions);
    command.dwords[10] = (queue->entries - 1) << 16 | queue->id;
    command.dwords[11] = interrupts ? 3 : 1; /* contiguous; vector 0 */
    unsigned status = nvme_admin(nvme, command);
    if (status != NVME_SUCCESS) return status;
    command = with_page(NVME_ADMIN_CREATE_SQ, 0, queue->commands);
    command.dwords[10] = (queue->entries - 1) << 16 | queue->id;
    command.dwords[11] = queue->id << 16 | 1;
    status = nvme_admin(nvme, command);
    if (status != NVME_SUCCESS) return status;
  }
  return NVME_SUCCESS;
}

unsigned nvme_identify(struct nvme* nvme, unsigned cns, uint32_t nsid, void* page) {
  struct nvme_command command = with_page(NVME_ADMIN_IDENTIFY, nsid, page);
  command.dwords[10] = cns;
  return nvme_admin(nvme, command);
}

unsigned nvme_get_log(struct nvme* nvme, unsigned log, void* to, unsigned bytes) {
  struct nvme_command command = with_page(NVME_ADMIN_GET_LOG_PAGE, NVME_NSID_ALL, to);
  command.dwords[10] = (bytes / 4 - 1) << 16 | log;
  return nvme_admin(nvme, command);
}

unsigned nvme_set_feature(struct nvme* nvme, unsigned feature, uint32_t value) {
  struct nvme_command command = {.dwords = {NVME_ADMIN_SET_FEATURES}};
  command.dwords[10] = feature;
  command.dwords[11] = value;
  return nvme_admin(nvme, command);
}

unsigned nvme_create_namespace(struct nvme* nvme, uint64_t blocks, unsigned format, void* page) {
  memset(page, 0, NVME_IDENTIFY_BYTES);
  memcpy((uint8_t*)page + NVME_NS_NSZE, &blocks, sizeof blocks);
  memcpy((uint8_t*)page + NVME_NS_NCAP, &blocks, sizeof blocks);
  ((uint8_t*)page)[NVME_NS_FLBAS] = (uint8_t)format;
  return nvme_admin(nvme, with_page(NVME_ADMIN_NS_MANAGEMENT, 0, page));
}

unsigned nvme_delete_namespace(struct nvme* nvme, uint32_t nsid) {
  struct nvme_command command = {.dwords = {NVME_ADMIN_NS_MANAGEMENT, nsid}};
  command.dwords[10] = 1;
  return nvme_admin(nvme, command);
}

unsigned nvme_attach(struct nvme* nvme, uint32_t nsid, unsigned controller, bool attach,
                     void* page) {
  memset(page, 0, NVME_IDENTIFY_BYTES);
  ((uint16_t*)page)[0] = 1;
  ((uint16_t*)page)[1] = (uint16_t)controller;
  struct nvme_command command = with_page(NVME_ADMIN_NS_ATTACHMENT, nsid, page);
  command.dwords[10] = attach ? 0 : 1;
  return nvme_admin(nvme, command);
}

unsigned nvme_format(struct nvme* nvme, uint32_t nsid, unsigned format) {
  struct nvme_command command = {.dwords = {NVME_ADMIN_FORMAT, nsid}};
  command.dwords[10] = format;
  return nvme_admin(nvme, command);
}

unsigned nvme_resize(struct nvme* nvme, uint32_t nsid, uint64_t blocks) {
  struct nvme_command command = {.dwords = {NVME_ADMIN_RESIZE, nsid}};
  put_wide(&command, 10, blocks);
  return nvme_admin(nvme, command);
}

/* Entries of pages from `page` on, in a list that has room for `room` entries before its page ends;
 * what does not fit is in the page behind it. */
static uint64_t make_list(struct nvme* nvme, uint64_t page, unsigned pages, unsigned room) {
  uint64_t* list = (uint64_t*)(nvme->list + PAGE) - room;
  const uint64_t first = bus_address(list);
  for (unsigned left = pages; left != 0; left--, page += PAGE) {
    if (room == 1 && left > 1) {
      *list = bus_address(nvme->list + PAGE);
      list = (uint64_t*)(nvme->list + PAGE);
      room = PAGE / sizeof *list;
    }
    *list++ = page;
    room--;
  }
  return first;
}

struct nvme_command nvme_transfer_command(struct nvme* nvme, unsigned opcode,
                                          struct nvme_transfer what) {
  struct nvme_command command = with_page(opcode, what.nsid, what.data);
  put_wide(&command, 10, what.lba);
  command.dwords[12] = what.blocks - 1;
  const uint64_t start = bus_address(what.data);
  const uint64_t end = start + (uint64_t)what.blocks * what.bytes;
  const uint64_t second = (start / PAGE + 1) * PAGE;
  if (end <= second) return command;
  const unsigned pages = (unsigned)((end - second + PAGE - 1) / PAGE);
  /* Lists begin so near the end of their page that long ones chain. */
  enum { ROOM = 5 };
  put_wide(&command, NVME_DW_PRP2, pages == 1 ? second : make_list(nvme, second, pages, ROOM));
  return command;
}

unsigned nvme_read(struct nvme* nvme, unsigned queue, struct nvme_transfer what) {
  return nvme_io(nvme, queue, nvme_transfer_command(nvme, NVME_IO_READ, what));
}

unsigned nvme_write(struct nvme* nvme, unsigned queue, struct nvme_transfer what) {
  return nvme_io(nvme, queue, nvme_transfer_command(nvme, NVME_IO_WRITE, what));
}

unsigned nvme_compare(struct nvme* nvme, unsigned queue, struct nvme_transfer what) {
  return nvme_io(nvme, queue, nvme_transfer_command(nvme, NVME_IO_COMPARE, what));
}

unsigned nvme_flush(struct nvme* nvme, unsigned queue, uint32_t nsid) {
  const struct nvme_command command = {.dwords = {NVME_IO_FLUSH, nsid}};
  return nvme_io(nvme, queue, command);
}

void nvme_request_event(struct nvme* nvme) {
  const struct nvme_command command = {.dwords = {NVME_ADMIN_ASYNC_EVENT}};
  nvme->event_came = false;
  nvme->event_id = nvme_submit(nvme, &nvme->admin, command);
  nvme->event_waits = true;
}

bool nvme_event(struct nvme* nvme) {
  struct nvme_completion completion;
  while (!nvme->event_came && consume(nvme, &nvme->admin, &completion)) {
    take_event(nvme, &completion);
  }
  return nvme->event_came;
}
