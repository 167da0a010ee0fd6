/* An NVM Express drive: identified, read and written through PRP lists, two namespaces, and where
 * the controller is ours, a live resize. The same on QEMU's controller. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "drivers/mmio.h"
#include "drivers/nvme.h"
#include "drivers/plic.h"
#include "isa/csr.h"
#include "kilburn/board.h"
#include "runtime/check.h"
#include "runtime/frame.h"
#include "runtime/random.h"
#include "runtime/trap.h"

enum { PAGE = 4096, DATA_PAGES = 26, QUEUES = 2 };

static struct nvme nvme;
static uint8_t* page; /* of identify data */
static uint8_t* from;
static uint8_t* to;
static atomic_uint interrupts;

static uint64_t wide(unsigned offset) {
  uint64_t value = 0;
  memcpy(&value, page + offset, sizeof value);
  return value;
}

static uint32_t narrow(unsigned offset) {
  uint32_t value = 0;
  memcpy(&value, page + offset, sizeof value);
  return value;
}

/* Bytes of a block of the namespace; its blocks become `blocks`. */
static unsigned look_at(uint32_t nsid, uint64_t* blocks) {
  CHECK_EQUAL(nvme_identify(&nvme, NVME_CNS_NAMESPACE, nsid, page), NVME_SUCCESS);
  *blocks = wide(NVME_NS_NSZE);
  return 1u << (narrow(NVME_NS_LBAF0 + 4 * (page[NVME_NS_FLBAS] & 0xF)) >> 16 & 0xFF);
}

static void fill(uint8_t* bytes, unsigned count, uint64_t seed) {
  struct random random = {.state = seed};
  for (unsigned i = 0; i < count; i++) bytes[i] = (uint8_t)(random_next(&random) >> 8);
}

/* Returns whether the controller is ours. */
static bool identify(void) {
  CHECK_EQUAL(nvme_identify(&nvme, NVME_CNS_CONTROLLER, 0, page), NVME_SUCCESS);
  CHECK_EQUAL(narrow(NVME_ID_VER), mmio_read32(nvme.registers + NVME_VS));
  CHECK_EQUAL(page[NVME_ID_SQES], 0x66);
  CHECK_EQUAL(page[NVME_ID_CQES], 0x44);
  CHECK(memcmp(page + NVME_ID_SUBNQN, "nqn.", 4) == 0);
  printf("nvme_test: \"%.40s\" version %x\n", (const char*)page + NVME_ID_MN,
         (unsigned)narrow(NVME_ID_VER));
  const uint32_t ids = pcie_read(nvme.at, PCIE_VENDOR, 4);
  const bool ours = ids == ((uint32_t)NVME_DEVICE << 16 | NVME_VENDOR) && page[NVME_ID_VENDOR] & 1;
  CHECK_EQUAL(nvme_identify(&nvme, NVME_CNS_ACTIVE_LIST, 0, page), NVME_SUCCESS);
  CHECK_EQUAL(narrow(0), 1);
  CHECK_EQUAL(nvme_identify(&nvme, NVME_CNS_DESCRIPTORS, 1, page), NVME_SUCCESS);
  CHECK(page[0] != 0);
  return ours;
}

/* Lengths from a block to chained lists, from aligned and odd places. */
static void round_trips(uint32_t nsid, unsigned bytes) {
  const unsigned starts[] = {0, 4, 512, 4092};
  const unsigned lengths[] = {4096, 8192, 5 * 4096, 25 * 4096};
  uint64_t lba = 8;
  for (unsigned s = 0; s < sizeof starts / sizeof *starts; s++) {
    for (unsigned l = 0; l < sizeof lengths / sizeof *lengths; l++) {
      const unsigned blocks = lengths[l] / bytes;
      fill(from, DATA_PAGES * PAGE, 1 + s * 10 + l);
      memset(to, 0xEE, DATA_PAGES * PAGE);
      struct nvme_transfer what = {nsid, lba, blocks, bytes, from + starts[s]};
      CHECK_EQUAL(nvme_write(&nvme, s % QUEUES, what), NVME_SUCCESS);
      what.data = to + starts[s];
      CHECK_EQUAL(nvme_read(&nvme, l % QUEUES, what), NVME_SUCCESS);
      CHECK(memcmp(from + starts[s], to + starts[s], lengths[l]) == 0);
      if (starts[s] != 0) CHECK_EQUAL(to[starts[s] - 1], 0xEE);
      if (starts[s] + lengths[l] < DATA_PAGES * PAGE) {
        CHECK_EQUAL(to[starts[s] + lengths[l]], 0xEE);
      }
      lba += blocks;
    }
  }
  CHECK_EQUAL(nvme_flush(&nvme, 0, nsid), NVME_SUCCESS);
}

/* As many at a time as the queue takes, over many wraps of it. */
static void many(uint32_t nsid, unsigned bytes) {
  enum { DEPTH = NVME_QUEUE_ENTRIES - 1, ROUNDS = 12 };
  struct nvme_queue* queue = &nvme.io[0];
  for (unsigned round = 0; round < ROUNDS; round++) {
    uint16_t ids[DEPTH];
    bool seen[DEPTH] = {false};
    for (unsigned i = 0; i < DEPTH; i++) {
      const struct nvme_transfer what = {nsid, 8 + i, 1, bytes, to + i * PAGE};
      ids[i] = nvme_submit(&nvme, queue, nvme_transfer_command(&nvme, NVME_IO_READ, what));
    }
    for (unsigned done = 0; done < DEPTH;) {
      struct nvme_completion completion;
      if (!nvme_poll(queue, &completion)) continue;
      CHECK_EQUAL(nvme_status(&completion), NVME_SUCCESS);
      unsigned which = 0;
      while (which < DEPTH && ids[which] != completion.id) which++;
      CHECK(which < DEPTH);
      CHECK(!seen[which]);
      seen[which] = true;
      done++;
    }
    mmio_write32(nvme.registers + NVME_DOORBELLS + NVME_DOORBELL_BYTES * 3, queue->head);
  }
}

static void errors(uint32_t nsid, uint64_t blocks, unsigned bytes) {
  struct nvme_transfer what = {nsid, blocks, 1, bytes, to};
  CHECK_EQUAL(nvme_read(&nvme, 0, what), NVME_LBA_OUT_OF_RANGE);
  what.lba = blocks - 1;
  CHECK_EQUAL(nvme_read(&nvme, 0, what), NVME_SUCCESS);
  what.blocks = 2;
  CHECK_EQUAL(nvme_read(&nvme, 0, what), NVME_LBA_OUT_OF_RANGE);
  what = (struct nvme_transfer){nsid, 0, 2 * PAGE / bytes, bytes, to};
  struct nvme_command command = nvme_transfer_command(&nvme, NVME_IO_READ, what);
  command.dwords[NVME_DW_PRP2] += 4; /* a second page has no offset */
  CHECK_EQUAL(nvme_io(&nvme, 0, command), NVME_INVALID_PRP_OFFSET);
  command = (struct nvme_command){.dwords = {0x7F, nsid}};
  CHECK_EQUAL(nvme_io(&nvme, 0, command), NVME_INVALID_OPCODE);
  what = (struct nvme_transfer){0xFFFFFF, 0, 1, bytes, to};
  CHECK_EQUAL(nvme_read(&nvme, 0, what), NVME_INVALID_NAMESPACE);
  command = (struct nvme_command){.dwords = {NVME_ADMIN_DELETE_CQ}};
  command.dwords[10] = 1;
  CHECK_EQUAL(nvme_admin(&nvme, command), NVME_INVALID_QUEUE_DELETION);
  command.dwords[NVME_DW_OPCODE] = NVME_ADMIN_DELETE_SQ;
  command.dwords[10] = 77;
  CHECK_EQUAL(nvme_admin(&nvme, command), NVME_INVALID_QUEUE_ID);
}

static void other_commands(uint32_t nsid, unsigned bytes) {
  CHECK_EQUAL(nvme_identify(&nvme, NVME_CNS_CONTROLLER, 0, page), NVME_SUCCESS);
  const uint32_t optional = narrow(NVME_ID_ONCS) & 0xFFFF;
  const unsigned blocks = 2 * PAGE / bytes;
  struct nvme_transfer what = {nsid, 0, blocks, bytes, from};
  fill(from, 2 * PAGE, 99);
  CHECK_EQUAL(nvme_write(&nvme, 0, what), NVME_SUCCESS);
  if (optional & NVME_ONCS_COMPARE) {
    CHECK_EQUAL(nvme_compare(&nvme, 0, what), NVME_SUCCESS);
    from[PAGE + 5] ^= 1;
    CHECK_EQUAL(nvme_compare(&nvme, 0, what), NVME_COMPARE_FAILURE);
    from[PAGE + 5] ^= 1;
  }
  if (optional & NVME_ONCS_WRITE_ZEROES) {
    struct nvme_command command = {.dwords = {NVME_IO_WRITE_ZEROES, nsid}};
    command.dwords[12] = PAGE / bytes - 1;
    CHECK_EQUAL(nvme_io(&nvme, 0, command), NVME_SUCCESS);
    what.data = to;
    CHECK_EQUAL(nvme_read(&nvme, 0, what), NVME_SUCCESS);
    for (unsigned i = 0; i < PAGE; i++) CHECK_EQUAL(to[i], 0);
    CHECK(memcmp(from + PAGE, to + PAGE, PAGE) == 0);
  }
  if (optional & NVME_ONCS_DATASET_MANAGEMENT) {
    struct nvme_command command = {.dwords = {NVME_IO_DATASET_MANAGEMENT, nsid}};
    command.dwords[NVME_DW_PRP1] = (uint32_t)(uint64_t)page;
    command.dwords[NVME_DW_PRP1 + 1] = (uint32_t)((uint64_t)page >> 32);
    command.dwords[11] = NVME_DSM_DEALLOCATE;
    memset(page, 0, 16);
    const uint32_t length = PAGE / bytes;
    memcpy(page + 4, &length, sizeof length);
    CHECK_EQUAL(nvme_io(&nvme, 0, command), NVME_SUCCESS);
  }
}

static void on_interrupt(struct trap_frame* frame) {
  (void)frame;
  const unsigned source = plic_claim(0, PLIC_MACHINE);
  CHECK_EQUAL(source, pcie_interrupt_source(nvme.at));
  struct nvme_completion completion;
  while (nvme_poll(&nvme.io[0], &completion)) {
    CHECK_EQUAL(nvme_status(&completion), NVME_SUCCESS);
    atomic_fetch_add(&interrupts, 1);
    mmio_write32(nvme.registers + NVME_DOORBELLS + NVME_DOORBELL_BYTES * 3, nvme.io[0].head);
  }
  plic_complete(0, PLIC_MACHINE, source);
}

/* The hart sleeps until the pin wakes it. */
static void pins(uint32_t nsid, unsigned bytes) {
  const unsigned source = pcie_interrupt_source(nvme.at);
  trap_on_interrupt(TRAP_MACHINE, INTERRUPT_M_EXTERNAL, on_interrupt);
  plic_set_priority(source, 1);
  plic_enable(0, PLIC_MACHINE, source, true);
  plic_set_threshold(0, PLIC_MACHINE, 0);
  mmio_write32(nvme.registers + NVME_INTMS, 2); /* another vector's: does not matter */
  for (unsigned round = 1; round <= 3; round++) {
    const struct nvme_transfer what = {nsid, 8, 1, bytes, to};
    csr_set(mie, 1 << INTERRUPT_M_EXTERNAL);
    nvme_submit(&nvme, &nvme.io[0], nvme_transfer_command(&nvme, NVME_IO_READ, what));
    while (atomic_load(&interrupts) < round) {
      __asm__ volatile("wfi");
      csr_set(mstatus, MSTATUS_MIE);
      csr_clear(mstatus, MSTATUS_MIE);
    }
  }
  csr_clear(mie, 1 << INTERRUPT_M_EXTERNAL);
  mmio_write32(nvme.registers + NVME_INTMC, 2);
}

/* A second namespace, where the controller makes some; else the one that is there. 0: none. */
static uint32_t second_namespace(uint64_t blocks) {
  const unsigned status = nvme_create_namespace(&nvme, blocks, 0, page);
  if (status == NVME_INVALID_OPCODE) {
    CHECK_EQUAL(nvme_identify(&nvme, NVME_CNS_ACTIVE_LIST, 1, page), NVME_SUCCESS);
    return narrow(0);
  }
  CHECK_EQUAL(status, NVME_SUCCESS);
  const uint32_t nsid = nvme.result;
  CHECK_EQUAL(nvme_identify(&nvme, NVME_CNS_NAMESPACE, nsid, page), NVME_SUCCESS);
  CHECK_EQUAL(wide(NVME_NS_NSZE), 0); /* not attached */
  CHECK_EQUAL(nvme_identify(&nvme, NVME_CNS_ALLOCATED_NAMESPACE, nsid, page), NVME_SUCCESS);
  CHECK_EQUAL(wide(NVME_NS_NSZE), blocks);
  CHECK_EQUAL(nvme_identify(&nvme, NVME_CNS_CONTROLLER, 0, page), NVME_SUCCESS);
  const unsigned controller = narrow(NVME_ID_CNTLID) & 0xFFFF;
  CHECK_EQUAL(nvme_attach(&nvme, nsid, controller, true, page), NVME_SUCCESS);
  CHECK_EQUAL(nvme_attach(&nvme, nsid, controller, true, page), NVME_ALREADY_ATTACHED);
  return nsid;
}

/* Namespace 1 grows while namespace 2 keeps what it holds; an event tells of it. */
static void resize(uint32_t other, unsigned bytes) {
  uint64_t blocks = 0;
  look_at(1, &blocks);
  CHECK_EQUAL(nvme_set_feature(&nvme, NVME_FEATURE_ASYNC_EVENTS, NVME_OAES_NAMESPACES),
              NVME_SUCCESS);
  memset(page, 0, PAGE);
  CHECK_EQUAL(nvme_get_log(&nvme, NVME_LOG_CHANGED_NAMESPACES, page, PAGE), NVME_SUCCESS);
  nvme_request_event(&nvme);
  CHECK(!nvme_event(&nvme));
  struct nvme_transfer what = {1, blocks, 1, bytes, to};
  CHECK_EQUAL(nvme_read(&nvme, 0, what), NVME_LBA_OUT_OF_RANGE);
  CHECK_EQUAL(nvme_resize(&nvme, 1, blocks + 1024), NVME_SUCCESS);
  while (!nvme_event(&nvme)) continue;
  CHECK_EQUAL(nvme.event_result,
              NVME_EVENT_NOTICE | NVME_NOTICE_NAMESPACE << 8 | NVME_LOG_CHANGED_NAMESPACES << 16);
  CHECK_EQUAL(nvme_get_log(&nvme, NVME_LOG_CHANGED_NAMESPACES, page, PAGE), NVME_SUCCESS);
  CHECK_EQUAL(narrow(0), 1);
  CHECK_EQUAL(narrow(4), 0);
  uint64_t grown = 0;
  look_at(1, &grown);
  CHECK_EQUAL(grown, blocks + 1024);
  CHECK_EQUAL(nvme_read(&nvme, 0, what), NVME_SUCCESS);
  for (unsigned i = 0; i < bytes; i++) CHECK_EQUAL(to[i], 0);
  what = (struct nvme_transfer){other, 8, PAGE / bytes, bytes, to};
  CHECK_EQUAL(nvme_read(&nvme, 0, what), NVME_SUCCESS);
  fill(from, DATA_PAGES * PAGE, 1);
  CHECK(memcmp(from, to, PAGE) == 0);
  CHECK_EQUAL(nvme_resize(&nvme, 1, blocks), NVME_SUCCESS);
  CHECK_EQUAL(nvme_resize(&nvme, 1, UINT64_C(1) << 50), NVME_INSUFFICIENT_CAPACITY);
}

int main(void) {
  void* const memory = (void*)frame_allocate_run(NVME_DRIVER_PAGES * PAGE, PAGE);
  if (!nvme_start(&nvme, BOARD_PCIE_MEMORY, memory)) {
    printf("nvme_test: there is no NVM Express controller\n");
    return EXIT_CHECK_FAILED;
  }
  page = (uint8_t*)frame_allocate();
  from = (uint8_t*)frame_allocate_run(DATA_PAGES * PAGE, PAGE);
  to = (uint8_t*)frame_allocate_run(DATA_PAGES * PAGE, PAGE);
  const bool ours = identify();
  CHECK_EQUAL(nvme_create_queues(&nvme, QUEUES, true), NVME_SUCCESS);
  uint64_t blocks = 0;
  const unsigned bytes = look_at(1, &blocks);
  round_trips(1, bytes);
  many(1, bytes);
  errors(1, blocks, bytes);
  other_commands(1, bytes);
  pins(1, bytes);
  const uint32_t other = second_namespace(8192);
  CHECK(other > 1);
  uint64_t other_blocks = 0;
  CHECK_EQUAL(look_at(other, &other_blocks), bytes);
  round_trips(other, bytes);
  if (ours) resize(other, bytes);
  CHECK(nvme_stop(&nvme));
  CHECK(nvme_enable(&nvme));
  CHECK_EQUAL(nvme_create_queues(&nvme, QUEUES, false), NVME_SUCCESS);
  round_trips(1, bytes);
  printf("nvme_test: passed at %u.%u%s\n", nvme.at.device, nvme.at.function,
         ours ? ", with a resize" : "");
  return 0;
}
