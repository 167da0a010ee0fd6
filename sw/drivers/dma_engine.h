/* The DMA engine: descriptors in a ring, a ring a channel. */
#ifndef KILBURN_SW_DRIVERS_DMA_ENGINE_H
#define KILBURN_SW_DRIVERS_DMA_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/pcie.h"
#include "kilburn/dma_engine.h"

struct dma_descriptor {
  uint64_t words[DMA_ENGINE_WORDS];
};

struct dma_channel {
  uintptr_t registers;
  struct dma_descriptor* ring;
  unsigned size; /* log2 of its length */
  unsigned tail;
};

/* Finds the engine, places its BARs at `address`, and returns where its registers are; 0: there is
 * none. */
uintptr_t dma_engine_start(uint64_t address, struct pcie_function* at);
/* `ring`: 64-byte aligned, of 2^size descriptors; `bus_address`: what the engine calls its start.
 */
void dma_channel_start(struct dma_channel* channel, uintptr_t engine, unsigned number,
                       struct dma_descriptor* ring, uint64_t bus_address, unsigned size,
                       bool interrupts);
void dma_channel_stop(struct dma_channel* channel);
/* Puts a descriptor behind the others, and rings. Returns it: its DMA_ENGINE_DONE word is 0 until
 * the engine is done with it. There is room. */
volatile struct dma_descriptor* dma_submit(struct dma_channel* channel, uint64_t operation,
                                           uint64_t source, uint64_t destination, uint64_t bytes,
                                           uint64_t value);
/* Spins until it is done; its DMA_ENGINE_DONE word. */
uint64_t dma_wait(const volatile struct dma_descriptor* descriptor);
uint64_t dma_channel_status(const struct dma_channel* channel);
/* Acknowledges the channel's interrupt. */
void dma_channel_acknowledge(const struct dma_channel* channel);

#endif
