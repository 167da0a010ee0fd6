/* A device that reaches memory (Kilburn only): the DMA engine found on the bus, its copies, fills
 * and sums, its interrupts by pin, what it may not reach, and what its writes do to this hart's
 * reservation and to code that it has executed. */
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "drivers/dma_engine.h"
#include "drivers/mmio.h"
#include "drivers/plic.h"
#include "isa/csr.h"
#include "isa/fence.h"
#include "kilburn/board.h"
#include "runtime/check.h"
#include "runtime/frame.h"
#include "runtime/random.h"
#include "runtime/trap.h"

enum { SIZE = 4, CHANNELS = 4, PAGES = 5, BYTES = PAGES * 4096 };

static struct pcie_function engine_at;
static struct dma_channel channels[CHANNELS];
static atomic_uint interrupts;

static uint64_t address_of(const volatile void* pointer) {
  return (uint64_t)pointer;
}

/* CRC-32C, bit by bit. */
static uint32_t crc32c(const uint8_t* bytes, unsigned count) {
  uint32_t crc = 0xFFFFFFFF;
  for (unsigned i = 0; i < count; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0x82F63B78 : 0);
  }
  return ~crc;
}

static void copies(uint8_t* from, uint8_t* to) {
  struct random random = {.state = 1};
  for (unsigned i = 0; i < BYTES; i++) from[i] = (uint8_t)random_next(&random);
  memset(to, 0xEE, BYTES);
  const volatile struct dma_descriptor* job = dma_submit(
      &channels[0], DMA_ENGINE_COPY, address_of(from + 3), address_of(to + 1000), BYTES - 2000, 0);
  CHECK_EQUAL(dma_wait(job), DMA_ENGINE_OK);
  CHECK(memcmp(from + 3, to + 1000, BYTES - 2000) == 0);
  CHECK_EQUAL(to[999], 0xEE);
  CHECK_EQUAL(to[BYTES - 1000], 0xEE);
  CHECK_EQUAL(job->words[DMA_ENGINE_RESULT], crc32c(from + 3, BYTES - 2000));
  job = dma_submit(&channels[0], DMA_ENGINE_CRC, address_of(from), 0, 9, 0);
  CHECK_EQUAL(dma_wait(job), DMA_ENGINE_OK);
  CHECK_EQUAL(job->words[DMA_ENGINE_RESULT], crc32c(from, 9));
  job = dma_submit(&channels[0], DMA_ENGINE_FILL, 0, address_of(to + 5), 4096, 0x0807060504030201);
  CHECK_EQUAL(dma_wait(job), DMA_ENGINE_OK);
  for (unsigned i = 0; i < 4096; i++) CHECK_EQUAL(to[5 + i], i % 8 + 1);
}

/* All channels at once, more jobs than a ring has room for at a time. */
static void many(uint8_t* from, uint8_t* to) {
  for (unsigned round = 0; round < 40; round++) {
    const volatile struct dma_descriptor* jobs[CHANNELS];
    for (unsigned i = 0; i < CHANNELS; i++)
      jobs[i] = dma_submit(&channels[i], DMA_ENGINE_COPY, address_of(from + 100 * i),
                           address_of(to + 100 * i), 100, 0);
    for (unsigned i = 0; i < CHANNELS; i++) CHECK_EQUAL(dma_wait(jobs[i]), DMA_ENGINE_OK);
    CHECK(memcmp(from, to, 100 * CHANNELS) == 0);
    memset(to, 0, 100 * CHANNELS);
  }
}

static void on_interrupt(struct trap_frame* frame) {
  (void)frame;
  const unsigned source = plic_claim(0, PLIC_MACHINE);
  CHECK_EQUAL(source, pcie_interrupt_source(engine_at));
  for (unsigned i = 0; i < CHANNELS; i++) dma_channel_acknowledge(&channels[i]);
  atomic_fetch_add(&interrupts, 1);
  plic_complete(0, PLIC_MACHINE, source);
}

/* The hart sleeps until the pin wakes it. */
static void pins(uint8_t* from, uint8_t* to) {
  trap_on_interrupt(TRAP_MACHINE, INTERRUPT_M_EXTERNAL, on_interrupt);
  const unsigned source = pcie_interrupt_source(engine_at);
  plic_set_priority(source, 1);
  plic_enable(0, PLIC_MACHINE, source, true);
  plic_set_threshold(0, PLIC_MACHINE, 0);
  csr_set(mie, 1 << INTERRUPT_M_EXTERNAL);
  for (unsigned round = 1; round <= 3; round++) {
    const uint64_t flags = (uint64_t)DMA_ENGINE_INTERRUPT_WHEN_DONE << DMA_ENGINE_FLAGS_SHIFT;
    dma_submit(&channels[round % CHANNELS], flags | DMA_ENGINE_COPY, address_of(from),
               address_of(to), BYTES, 0);
    while (atomic_load(&interrupts) < round) {
      __asm__ volatile("wfi");
      csr_set(mstatus, MSTATUS_MIE);
      csr_clear(mstatus, MSTATUS_MIE);
    }
  }
  csr_clear(mie, 1 << INTERRUPT_M_EXTERNAL);
}

/* What is no memory faults, and the device says where; the channel goes on. */
static void faults(uint8_t* from) {
  const volatile struct dma_descriptor* job =
      dma_submit(&channels[0], DMA_ENGINE_COPY, address_of(from), 0x20000000, 64, 0);
  CHECK_EQUAL(dma_wait(job), DMA_ENGINE_WRITE_FAULT);
  CHECK_EQUAL(job->words[DMA_ENGINE_FAULT], 0x20000000);
  job = dma_submit(&channels[0], 77, 0, 0, 64, 0);
  CHECK_EQUAL(dma_wait(job), DMA_ENGINE_BAD_OPERATION);
  job = dma_submit(&channels[0], DMA_ENGINE_FILL, 0, address_of(from), 0, 0);
  CHECK_EQUAL(dma_wait(job), DMA_ENGINE_BAD_LENGTH);
  job = dma_submit(&channels[0], DMA_ENGINE_CRC, address_of(from), 0, 64, 0);
  CHECK_EQUAL(dma_wait(job), DMA_ENGINE_OK);
  const uint32_t status = pcie_read(engine_at, PCIE_STATUS, 2);
  CHECK(status & PCIE_STATUS_RECEIVED_TARGET_ABORT);
}

/* A write of the device's ends a reservation. */
static void reservations(uint8_t* page) {
  uint64_t* word = (uint64_t*)page;
  uint64_t failed = 0;
  uint64_t old = 0;
  __asm__ volatile("lr.d %0, (%1)" : "=r"(old) : "r"(word) : "memory");
  dma_wait(dma_submit(&channels[0], DMA_ENGINE_FILL, 0, address_of(word), 8, old));
  __asm__ volatile("sc.d %0, %1, (%2)" : "=r"(failed) : "r"(old), "r"(word) : "memory");
  CHECK(failed != 0);
}

/* Code that was executed is executed as the device has rewritten it. */
static void code(uint8_t* page) {
  const uint32_t returns_one[] = {0x00100513, 0x00008067}; /* li a0, 1; ret */
  const uint32_t li_a0_2 = 0x00200513;
  memcpy(page, returns_one, sizeof returns_one);
  __asm__ volatile("fence.i" ::: "memory");
  uint64_t (*const function)(void) = (uint64_t(*)(void))page;
  CHECK_EQUAL(function(), 1);
  dma_wait(dma_submit(&channels[0], DMA_ENGINE_FILL, 0, address_of(page), 4, li_a0_2));
  __asm__ volatile("fence.i" ::: "memory");
  CHECK_EQUAL(function(), 2);
}

int main(void) {
  const uintptr_t engine = dma_engine_start(BOARD_PCIE_MEMORY, &engine_at);
  if (engine == 0) {
    printf("dma_test: there is no DMA engine\n");
    return EXIT_CHECK_FAILED;
  }
  CHECK_EQUAL(mmio_read64(engine + DMA_ENGINE_VERSION), 1);
  for (unsigned i = 0; i < CHANNELS; i++) {
    struct dma_descriptor* ring = (struct dma_descriptor*)frame_allocate();
    dma_channel_start(&channels[i], engine, i, ring, address_of(ring), SIZE, true);
  }
  uint8_t* from = (uint8_t*)frame_allocate_run(BYTES, 4096);
  uint8_t* to = (uint8_t*)frame_allocate_run(BYTES, 4096);
  copies(from, to);
  many(from, to);
  pins(from, to);
  faults(from);
  reservations(to);
  code(to);
  pcie_reset(engine_at);
  CHECK_EQUAL(pcie_read(engine_at, PCIE_COMMAND, 2), 0);
  printf("dma_test: passed at %u.%u\n", engine_at.device, engine_at.function);
  return 0;
}
