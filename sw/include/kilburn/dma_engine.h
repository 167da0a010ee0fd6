/* DMA engine, a PCI Express function: copies, fills and CRCs by descriptors in rings, a ring a
 * channel. Included by the model and by software. All registers are of 64 bits, in BAR 0. */
#ifndef KILBURN_DMA_ENGINE_H
#define KILBURN_DMA_ENGINE_H

#define DMA_ENGINE_VENDOR 0x1b36
#define DMA_ENGINE_DEVICE 0x4b44  /* "KD" */
#define DMA_ENGINE_CLASS 0x088000 /* base system peripheral, other */
#define DMA_ENGINE_BAR_BYTES 0x10000

#define DMA_ENGINE_VERSION 0x0000  /* read-only: 1 */
#define DMA_ENGINE_CHANNELS 0x0008 /* read-only: how many there are */
#define DMA_ENGINE_MOST_CHANNELS 64
/* Channel n: at DMA_ENGINE_CHANNEL + n * DMA_ENGINE_CHANNEL_BYTES. */
#define DMA_ENGINE_CHANNEL 0x1000
#define DMA_ENGINE_CHANNEL_BYTES 0x80
#define DMA_ENGINE_RING 0x00 /* I/O virtual address of the descriptors, a multiple of 64 */
#define DMA_ENGINE_SIZE 0x08 /* log2 of their number, 0 to 16 */
#define DMA_ENGINE_TAIL 0x10 /* index behind the last one to be done; a write is the doorbell */
#define DMA_ENGINE_HEAD 0x18 /* read-only: index of the next one to be done */
#define DMA_ENGINE_CONTROL 0x20
#define DMA_ENGINE_STATUS 0x28
#define DMA_ENGINE_PASID 0x30 /* of the channel's accesses, where DMA_ENGINE_PASID_VALID is set */
/* MSI-X: table and pending bits; channel n sends vector n. */
#define DMA_ENGINE_MSIX_TABLE 0x8000
#define DMA_ENGINE_MSIX_PENDING 0xC000

#define DMA_ENGINE_MOST_SIZE 16
#define DMA_ENGINE_ENABLE 0x1    /* clearing it stops the channel and sets HEAD and TAIL to 0 */
#define DMA_ENGINE_INTERRUPT 0x2 /* descriptors may interrupt */
#define DMA_ENGINE_BUSY 0x1
#define DMA_ENGINE_PENDING 0x2 /* the interrupt; writing it clears it */
#define DMA_ENGINE_STOPPED 0x4 /* a descriptor could not be fetched, or its result not written */
#define DMA_ENGINE_PASID_VALID 0x80000000
#define DMA_ENGINE_PASID_MASK 0xFFFFF

/* A descriptor: eight words of 64 bits, of which software writes the first five and the engine the
 * last three. */
#define DMA_ENGINE_DESCRIPTOR_BYTES 64
#define DMA_ENGINE_OPERATION 0 /* low half: DMA_ENGINE_COPY ...; high half: flags */
#define DMA_ENGINE_SOURCE 1
#define DMA_ENGINE_DESTINATION 2
#define DMA_ENGINE_BYTES 3
#define DMA_ENGINE_VALUE 4  /* of a fill, repeated from the first byte on */
#define DMA_ENGINE_RESULT 5 /* CRC-32C of what was read, of a copy as well */
#define DMA_ENGINE_DONE 6   /* DMA_ENGINE_OK, or why not */
#define DMA_ENGINE_FAULT 7  /* address that faulted */
#define DMA_ENGINE_WORDS 8

#define DMA_ENGINE_COPY 1
#define DMA_ENGINE_FILL 2
#define DMA_ENGINE_CRC 3
#define DMA_ENGINE_INTERRUPT_WHEN_DONE 0x1 /* flag */
#define DMA_ENGINE_FLAGS_SHIFT 32

#define DMA_ENGINE_OK 1
#define DMA_ENGINE_BAD_OPERATION 2
#define DMA_ENGINE_BAD_LENGTH 3 /* none, or more than DMA_ENGINE_MOST_BYTES */
#define DMA_ENGINE_READ_FAULT 4
#define DMA_ENGINE_WRITE_FAULT 5
#define DMA_ENGINE_MOST_BYTES 0x40000000

#endif
