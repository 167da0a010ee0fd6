/* A device behind the IOMMU (Kilburn only): the DMA engine's addresses are I/O virtual, what is not
 * mapped faults and moves nothing, what was unmapped is used no more, processes and guests are kept
 * apart, and the queues come back after errors. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "drivers/dma_engine.h"
#include "drivers/external.h"
#include "drivers/iommu.h"
#include "drivers/mmio.h"
#include "drivers/rmu.h"
#include "isa/csr.h"
#include "kilburn/board.h"
#include "runtime/check.h"
#include "runtime/features.h"
#include "runtime/frame.h"
#include "runtime/page_table.h"
#include "runtime/random.h"
#include "runtime/trap.h"

/* Sources of faults, and what a requester is told. */
enum cause_of_record {
  STORE_ACCESS = 7,
  LOAD_PAGE = 13,
  STORE_PAGE = 15,
  GUEST_STORE_PAGE = 23,
  NO_CONTEXT = 258,
  SWITCHED_OFF = 256
};
enum { SIZE = 4, PAGES = 24, PSCID = 7, GSCID = 9, RING_AT = 0x1000, REALM = 5 };
#define FROM UINT64_C(0x4000000)
#define TO UINT64_C(0x4800000)

static struct iommu iommu;
static struct dma_channel channel;
static unsigned device;
static uintptr_t engine;
static struct dma_descriptor* ring;
static uint8_t* from[PAGES]; /* the frames behind the pages at FROM and TO */
static uint8_t* to[PAGES];
static atomic_uint interrupts;

static uint64_t first_stage(const struct page_table* table) {
  return iommu_table(page_table_mode(table), table->root);
}

/* `ring_at`: what the context that the device has now calls the ring's frame. */
static void start_channel(uint64_t ring_at, unsigned process, bool has_process) {
  dma_channel_start(&channel, engine, 0, ring, ring_at, SIZE, false);
  dma_channel_stop(&channel);
  mmio_write64(channel.registers + DMA_ENGINE_PASID,
               has_process ? DMA_ENGINE_PASID_VALID | process : 0);
  mmio_write64(channel.registers + DMA_ENGINE_CONTROL, DMA_ENGINE_ENABLE);
}

/* The channel has met a fault at its ring. */
static bool stopped(void) {
  return dma_channel_status(&channel) & DMA_ENGINE_STOPPED;
}

static uint64_t copy(uint64_t source, uint64_t destination, uint64_t bytes) {
  const volatile struct dma_descriptor* job =
      dma_submit(&channel, DMA_ENGINE_COPY, source, destination, bytes, 0);
  while (job->words[DMA_ENGINE_DONE] == 0) {
    struct iommu_fault fault;
    if (!stopped()) continue;
    while (iommu_take_fault(&iommu, &fault))
      printf("fault %u of device %u at 0x%lx, 0x%lx\n", fault.cause, fault.device, fault.address,
             fault.guest);
    CHECK(!stopped());
  }
  return dma_wait(job);
}

static void expect_fault(unsigned cause, uint64_t address) {
  struct iommu_fault fault;
  CHECK(iommu_take_fault(&iommu, &fault));
  CHECK_EQUAL(fault.cause, cause);
  CHECK_EQUAL(fault.device, device);
  CHECK_EQUAL(fault.address, address);
  CHECK(!iommu_take_fault(&iommu, &fault));
}

/* Frames that follow one another in no order. */
static struct page_table scattered(unsigned levels, struct random* random) {
  struct page_table table = page_table_create(levels);
  for (unsigned i = 0; i < 100; i++) {
    const unsigned a = random_next(random) % PAGES;
    const unsigned b = random_next(random) % PAGES;
    uint8_t* const kept = from[a];
    from[a] = to[b];
    to[b] = kept;
  }
  for (unsigned i = 0; i < PAGES; i++) {
    page_table_map(&table, FROM + i * FRAME_SIZE, (uint64_t)from[i], PAGE_4K, PTE_RW | PTE_U);
    page_table_map(&table, TO + i * FRAME_SIZE, (uint64_t)to[i], PAGE_4K, PTE_RW | PTE_U);
  }
  page_table_map(&table, RING_AT, (uint64_t)ring, PAGE_4K, PTE_RW | PTE_U);
  return table;
}

static void fill(struct random* random) {
  for (unsigned i = 0; i < PAGES; i++) {
    for (unsigned at = 0; at < FRAME_SIZE; at += 8)
      *(uint64_t*)(from[i] + at) = random_next(random);
    memset(to[i], 0xEE, FRAME_SIZE);
  }
}

static void check_copied(void) {
  for (unsigned i = 0; i < PAGES; i++) CHECK(memcmp(from[i], to[i], FRAME_SIZE) == 0);
}

static bool mode_is_there(unsigned levels) {
  return mmio_read64(BOARD_IOMMU + IOMMU_CAPABILITIES) & IOMMU_CAP_SV39 << (levels - 3);
}

static void copies_by(unsigned levels, struct random* random) {
  if (!mode_is_there(levels)) return;
  struct page_table table = scattered(levels, random);
  const struct iommu_context context = {.first_stage = first_stage(&table), .pscid = PSCID};
  iommu_attach(&iommu, device, &context);
  start_channel(RING_AT, 0, false);
  fill(random);
  CHECK_EQUAL(copy(FROM, TO, PAGES * FRAME_SIZE), DMA_ENGINE_OK);
  check_copied();
  printf("Sv%u: copied %u scattered pages\n", 12 + 9 * levels, PAGES);
}

static void outside(struct page_table* table) {
  CHECK_EQUAL(copy(FROM, TO + PAGES * FRAME_SIZE - 64, 128), DMA_ENGINE_WRITE_FAULT);
  expect_fault(STORE_PAGE, TO + PAGES * FRAME_SIZE);
  CHECK_EQUAL(copy(FROM - 64, TO, 64), DMA_ENGINE_READ_FAULT);
  expect_fault(LOAD_PAGE, FROM - 64);
  /* Of a chunk in one page that may not be written, not a byte moves. */
  page_table_protect(table, TO, PAGE_4K, PTE_R | PTE_U);
  iommu_invalidate_page(&iommu, PSCID, TO);
  const uint64_t before = *(uint64_t*)to[0];
  CHECK_EQUAL(copy(FROM + FRAME_SIZE, TO, 64), DMA_ENGINE_WRITE_FAULT);
  expect_fault(STORE_PAGE, TO);
  CHECK_EQUAL(*(uint64_t*)to[0], before);
  page_table_protect(table, TO, PAGE_4K, PTE_RW | PTE_U);
  iommu_invalidate_page(&iommu, PSCID, TO);
  CHECK_EQUAL(copy(FROM + FRAME_SIZE, TO, 64), DMA_ENGINE_OK);
  printf("what is not mapped faults\n");
}

/* Pages change hands; after each invalidation the old frame is left alone. */
static void unmapped(struct page_table* table, struct random* random) {
  for (unsigned round = 0; round < 60; round++) {
    const unsigned i = random_next(random) % PAGES;
    const unsigned j = (i + 1 + random_next(random) % (PAGES - 1)) % PAGES;
    const uint64_t page = TO + i * FRAME_SIZE;
    memset(to[i], 0x11, FRAME_SIZE);
    memset(to[j], 0x22, FRAME_SIZE);
    CHECK_EQUAL(copy(FROM, page, 256), DMA_ENGINE_OK);
    CHECK(memcmp(from[0], to[i], 256) == 0);
    page_table_unmap(table, page, PAGE_4K);
    if (round % 2) {
      iommu_invalidate_page(&iommu, PSCID, page);
    } else {
      iommu_invalidate(&iommu, PSCID);
    }
    memset(to[i], 0x11, FRAME_SIZE);
    CHECK_EQUAL(copy(FROM, page, 256), DMA_ENGINE_WRITE_FAULT);
    expect_fault(STORE_PAGE, page);
    CHECK_EQUAL(to[i][0], 0x11);
    page_table_map(table, page, (uint64_t)to[j], PAGE_4K, PTE_RW | PTE_U);
    iommu_invalidate_page(&iommu, PSCID, page);
    CHECK_EQUAL(copy(FROM, page, 256), DMA_ENGINE_OK);
    CHECK_EQUAL(to[i][0], 0x11);
    CHECK(memcmp(from[0], to[j], 256) == 0);
    page_table_map(table, page, (uint64_t)to[i], PAGE_4K, PTE_RW | PTE_U);
    iommu_invalidate_page(&iommu, PSCID, page);
  }
  printf("60 pages changed hands\n");
}

/* A page of 2 MiB under the one, small ones under the other. */
static void large(struct page_table* table) {
  uint8_t* run = (uint8_t*)frame_allocate_run(UINT64_C(1) << PAGE_2M, UINT64_C(1) << PAGE_2M);
  page_table_map(table, UINT64_C(1) << PAGE_1G, (uint64_t)run, PAGE_2M, PTE_RW | PTE_U);
  const uint64_t at = (UINT64_C(1) << PAGE_1G) + 5 * FRAME_SIZE + 17;
  CHECK_EQUAL(copy(FROM, at, 3 * FRAME_SIZE), DMA_ENGINE_OK);
  CHECK(memcmp(from[0], run + 5 * FRAME_SIZE + 17, FRAME_SIZE) == 0);
  CHECK(memcmp(from[2], run + 7 * FRAME_SIZE + 17, FRAME_SIZE) == 0);
  printf("a large page\n");
}

/* One device, two processes: the same address is another frame. */
static void processes(void) {
  uint64_t* directory = (uint64_t*)frame_allocate();
  struct page_table tables[2];
  for (unsigned i = 0; i < 2; i++) {
    tables[i] = page_table_create(3);
    page_table_map(&tables[i], RING_AT, (uint64_t)ring, PAGE_4K, PTE_RW | PTE_U);
    page_table_map(&tables[i], FROM, (uint64_t)from[0], PAGE_4K, PTE_R | PTE_U);
    page_table_map(&tables[i], TO, (uint64_t)to[i], PAGE_4K, PTE_RW | PTE_U);
    memset(to[i], 0, FRAME_SIZE);
  }
  const struct iommu_context context = {
      .first_stage = iommu_table(IOMMU_PDTP_PD8, (uint64_t)directory), .processes = true};
  iommu_attach(&iommu, device, &context);
  for (unsigned i = 0; i < 2; i++)
    iommu_attach_process(&iommu, device, directory, 3 + i, first_stage(&tables[i]), 20 + i);
  for (unsigned i = 0; i < 2; i++) {
    start_channel(RING_AT, 3 + i, true);
    CHECK_EQUAL(copy(FROM, TO, FRAME_SIZE), DMA_ENGINE_OK);
    CHECK(memcmp(from[0], to[i], FRAME_SIZE) == 0);
    if (i == 0) CHECK_EQUAL(*(uint64_t*)to[1], 0);
  }
  printf("processes are kept apart\n");
}

/* Pass-through: guest-physical addresses, and a first stage of the guest's before it. */
static void guests(struct random* random) {
  struct page_table second = page_table_create_guest_stage(3);
  const uint64_t guest_of = UINT64_C(0x100000000);
  /* The guest finds the whole of this memory at another address. */
  page_table_map_range(&second, guest_of, BOARD_DRAM, UINT64_C(1) << 27, PAGE_2M, PTE_RW | PTE_U);
  const uint64_t move = guest_of - BOARD_DRAM;
  struct iommu_context context = {.second_stage = iommu_table(IOMMU_ATP_SV39, second.root) |
                                                  (uint64_t)GSCID << IOMMU_ATP_GSCID_SHIFT};
  iommu_attach(&iommu, device, &context);
  start_channel((uint64_t)ring + move, 0, false);
  fill(random);
  for (unsigned i = 0; i < PAGES; i++)
    CHECK_EQUAL(copy((uint64_t)from[i] + move, (uint64_t)to[i] + move, FRAME_SIZE), DMA_ENGINE_OK);
  check_copied();
  CHECK_EQUAL(copy((uint64_t)from[0] + move, (uint64_t)to[0], 64), DMA_ENGINE_WRITE_FAULT);
  expect_fault(GUEST_STORE_PAGE, (uint64_t)to[0]);
  const uint64_t far = guest_of + (UINT64_C(1) << 26);
  CHECK_EQUAL(copy((uint64_t)from[0] + move, far, 64), DMA_ENGINE_OK);
  page_table_unmap(&second, far, PAGE_2M);
  iommu_invalidate_guest(&iommu, GSCID);
  CHECK_EQUAL(copy((uint64_t)from[0] + move, far, 64), DMA_ENGINE_WRITE_FAULT);
  expect_fault(GUEST_STORE_PAGE, far);
  printf("guest-physical addresses\n");
}

/* Without translation the RMU is asked all the same. */
static void another_realm(void) {
  const struct iommu_context physical = {0};
  iommu_attach(&iommu, device, &physical);
  start_channel((uint64_t)ring, 0, false);
  const uint64_t frame = frame_allocate();
  CHECK_EQUAL(copy((uint64_t)from[0], frame, 64), DMA_ENGINE_OK);
  if (rmu_create_realm(REALM) != RMU_STATUS_OK) return;
  CHECK_EQUAL(rmu_set_owner(frame, 0, REALM, RMU_STATE_PRIVATE, RMU_MAPPED_ANY), RMU_STATUS_OK);
  CHECK_EQUAL(copy((uint64_t)from[1], frame, 64), DMA_ENGINE_WRITE_FAULT);
  expect_fault(STORE_ACCESS, frame);
  printf("a frame of another realm is denied\n");
}

static void modes(void) {
  iommu_detach(&iommu, device);
  CHECK(!stopped());
  dma_submit(&channel, DMA_ENGINE_CRC, (uint64_t)from[0], 0, 64, 0);
  while (!stopped()) {
  }
  struct iommu_fault fault;
  CHECK(iommu_take_fault(&iommu, &fault));
  CHECK_EQUAL(fault.cause, NO_CONTEXT);
  CHECK_EQUAL(fault.device, device);
  while (iommu_take_fault(&iommu, &fault)) CHECK_EQUAL(fault.cause, NO_CONTEXT);
  iommu_set_mode(&iommu, IOMMU_DDTP_BARE);
  start_channel((uint64_t)ring, 0, false);
  memset(to[0], 0, 64);
  CHECK_EQUAL(copy((uint64_t)from[0], (uint64_t)to[0], 64), DMA_ENGINE_OK);
  CHECK(memcmp(from[0], to[0], 64) == 0);
  iommu_set_mode(&iommu, IOMMU_DDTP_OFF);
  dma_submit(&channel, DMA_ENGINE_CRC, (uint64_t)from[0], 0, 64, 0);
  while (!stopped()) {
  }
  CHECK(iommu_take_fault(&iommu, &fault));
  CHECK_EQUAL(fault.cause, SWITCHED_OFF);
  iommu_set_mode(&iommu, IOMMU_DDTP_2LVL);
  printf("off, bare, and no context\n");
}

static void on_interrupt(struct trap_frame* frame) {
  (void)frame;
  const unsigned source = external_claim(EXTERNAL_MACHINE, 0);
  CHECK_EQUAL(source, BOARD_IRQ_IOMMU + IOMMU_INTERRUPT_FAULT);
  atomic_fetch_add(&interrupts, 1);
  /* An overflow asks until it has been seen to. */
  if (mmio_read32(BOARD_IOMMU + IOMMU_FQCSR) & IOMMU_QUEUE_OVERFLOW)
    mmio_write32(BOARD_IOMMU + IOMMU_FQCSR, IOMMU_QUEUE_ENABLE);
  mmio_write32(BOARD_IOMMU + IOMMU_IPSR, 1u << IOMMU_INTERRUPT_FAULT);
  external_complete(EXTERNAL_MACHINE, 0, source);
}

/* More faults than the queue has room for; then all is well again. */
static void overflow(struct page_table* table) {
  const struct iommu_context context = {.first_stage = first_stage(table), .pscid = PSCID};
  iommu_attach(&iommu, device, &context);
  start_channel(RING_AT, 0, false);
  mmio_write32(BOARD_IOMMU + IOMMU_IPSR, ~0u);
  trap_on_interrupt(TRAP_MACHINE, INTERRUPT_M_EXTERNAL, on_interrupt);
  external_route(EXTERNAL_MACHINE, 0, BOARD_IRQ_IOMMU + IOMMU_INTERRUPT_FAULT);
  csr_set(mie, 1 << INTERRUPT_M_EXTERNAL);
  csr_set(mstatus, MSTATUS_MIE);
  unsigned faults = 0;
  while (!(mmio_read32(BOARD_IOMMU + IOMMU_FQCSR) & IOMMU_QUEUE_OVERFLOW)) {
    CHECK_EQUAL(copy(FROM, 0x20000000, 64), DMA_ENGINE_WRITE_FAULT);
    faults++;
  }
  csr_clear(mstatus, MSTATUS_MIE);
  CHECK(atomic_load(&interrupts) > 0);
  struct iommu_fault fault;
  unsigned records = 0;
  while (iommu_take_fault(&iommu, &fault)) {
    CHECK_EQUAL(fault.cause, STORE_PAGE);
    records++;
  }
  CHECK_EQUAL(records + 1, faults);
  mmio_write32(BOARD_IOMMU + IOMMU_FQCSR,
               IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_INTERRUPT | IOMMU_QUEUE_OVERFLOW);
  CHECK_EQUAL(copy(FROM, 0x20000000, 64), DMA_ENGINE_WRITE_FAULT);
  expect_fault(STORE_PAGE, 0x20000000);
  CHECK_EQUAL(copy(FROM, TO, 64), DMA_ENGINE_OK);
  printf("%u faults, the last one lost, and the queue goes on\n", faults);
}

/* The queue stops at a command that is none, and goes on when it has been replaced. */
static void illegal_command(void) {
  const unsigned at = iommu.tail;
  iommu_command(&iommu, 0x7F, 0);
  CHECK(!iommu_fence(&iommu));
  CHECK(mmio_read32(BOARD_IOMMU + IOMMU_CQCSR) & IOMMU_CQCSR_ILLEGAL);
  CHECK_EQUAL(mmio_read32(BOARD_IOMMU + IOMMU_CQH), at);
  iommu.commands[2 * (uint64_t)at] = IOMMU_OPCODE_IOTINVAL;
  mmio_fence();
  mmio_write32(BOARD_IOMMU + IOMMU_CQCSR,
               IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_INTERRUPT | IOMMU_CQCSR_ILLEGAL);
  CHECK(iommu_fence(&iommu));
  CHECK_EQUAL(mmio_read32(BOARD_IOMMU + IOMMU_CQCSR) & IOMMU_CQCSR_ILLEGAL, 0);
  CHECK_EQUAL(copy(FROM, TO, 64), DMA_ENGINE_OK);
  printf("an illegal command, and the queue goes on\n");
}

int main(void) {
  struct random random = {.state = 3};
  struct pcie_function at;
  uint64_t frames[IOMMU_FRAMES];
  external_init(1, features_find().hypervisor);
  external_init_hart();
  for (unsigned i = 0; i < IOMMU_FRAMES; i++) frames[i] = frame_allocate();
  engine = dma_engine_start(BOARD_PCIE_MEMORY, &at);
  if (engine == 0) {
    printf("iommu_test: there is no DMA engine\n");
    return EXIT_CHECK_FAILED;
  }
  const unsigned pasid = pcie_extended_capability(at, PCIE_EXTENDED_PASID);
  pcie_write(at, pasid + PCIE_PASID_CONTROL, 2, PCIE_PASID_ENABLE);
  CHECK(iommu_start(&iommu, frames));
  printf("capabilities 0x%lx\n", mmio_read64(BOARD_IOMMU + IOMMU_CAPABILITIES));
  device = at.device << 3 | at.function;
  ring = (struct dma_descriptor*)frame_allocate();
  for (unsigned i = 0; i < PAGES; i++) {
    from[i] = (uint8_t*)frame_allocate();
    to[i] = (uint8_t*)frame_allocate();
  }
  for (unsigned levels = 3; levels <= 5; levels++) copies_by(levels, &random);
  struct page_table table = scattered(3, &random);
  const struct iommu_context context = {.first_stage = first_stage(&table), .pscid = PSCID};
  iommu_attach(&iommu, device, &context);
  start_channel(RING_AT, 0, false);
  outside(&table);
  unmapped(&table, &random);
  large(&table);
  processes();
  guests(&random);
  another_realm();
  modes();
  overflow(&table);
  illegal_command();
  printf("iommu_test: passed\n");
  return 0;
}
