/* Physical memory behind the image, in frames of 4 KiB. */
#ifndef KILBURN_SW_RUNTIME_FRAME_H
#define KILBURN_SW_RUNTIME_FRAME_H

#include <stdint.h>

#define FRAME_SHIFT 12
#define FRAME_SIZE (UINT64_C(1) << FRAME_SHIFT)

/* `end`: first address behind DRAM. */
void frame_init(uint64_t end);

/* A frame of zeros; its physical address. When memory is used up, the guest ends. */
uint64_t frame_allocate(void);
void frame_free(uint64_t frame);

/* A contiguous run, not zeroed and never freed. `alignment`: a power of two, at least a frame. */
uint64_t frame_allocate_run(uint64_t bytes, uint64_t alignment);

/* Bytes that frame_allocate_run can still give in one piece. */
uint64_t frame_bytes_left(void);

#endif
