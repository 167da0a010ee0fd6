#include "drivers/dma_engine.h"

#include "drivers/mmio.h"

uintptr_t dma_engine_start(uint64_t address, struct pcie_function* at) {
  if (!pcie_find(DMA_ENGINE_VENDOR, DMA_ENGINE_DEVICE, at)) return 0;
  pcie_place_bars(*at, address);
  return pcie_bar_address(*at, 0);
}

void dma_channel_start(struct dma_channel* channel, uintptr_t engine, unsigned number,
                       struct dma_descriptor* ring, uint64_t bus_address, unsigned size,
                       bool interrupts) {
  channel->registers = engine + DMA_ENGINE_CHANNEL + DMA_ENGINE_CHANNEL_BYTES * number;
  channel->ring = ring;
  channel->size = size;
  channel->tail = 0;
  mmio_write64(channel->registers + DMA_ENGINE_CONTROL, 0);
  mmio_write64(channel->registers + DMA_ENGINE_RING, bus_address);
  mmio_write64(channel->registers + DMA_ENGINE_SIZE, size);
  mmio_write64(channel->registers + DMA_ENGINE_CONTROL,
               DMA_ENGINE_ENABLE | (interrupts ? DMA_ENGINE_INTERRUPT : 0));
}

void dma_channel_stop(struct dma_channel* channel) {
  mmio_write64(channel->registers + DMA_ENGINE_CONTROL, 0);
}

volatile struct dma_descriptor* dma_submit(struct dma_channel* channel, uint64_t operation,
                                           uint64_t source, uint64_t destination, uint64_t bytes,
                                           uint64_t value) {
  volatile struct dma_descriptor* descriptor = &channel->ring[channel->tail];
  descriptor->words[DMA_ENGINE_OPERATION] = operation;
  descriptor->words[DMA_ENGINE_SOURCE] = source;
  descriptor->words[DMA_ENGINE_DESTINATION] = destination;
  descriptor->words[DMA_ENGINE_BYTES] = bytes;
  descriptor->words[DMA_ENGINE_VALUE] = value;
  descriptor->words[DMA_ENGINE_RESULT] = 0;
  descriptor->words[DMA_ENGINE_DONE] = 0;
  descriptor->words[DMA_ENGINE_FAULT] = 0;
  channel->tail = (channel->tail + 1) & ((1u << channel->size) - 1);
  mmio_fence();
  mmio_write64(channel->registers + DMA_ENGINE_TAIL, channel->tail);
  return descriptor;
}

uint64_t dma_wait(const volatile struct dma_descriptor* descriptor) {
  uint64_t done = 0;
  while (done == 0) done = descriptor->words[DMA_ENGINE_DONE];
  mmio_fence();
  return done;
}

uint64_t dma_channel_status(const struct dma_channel* channel) {
  return mmio_read64(channel->registers + DMA_ENGINE_STATUS);
}

void dma_channel_acknowledge(const struct dma_channel* channel) {
  mmio_write64(channel->registers + DMA_ENGINE_STATUS, DMA_ENGINE_PENDING);
}
