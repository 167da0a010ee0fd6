/* struct process_state as the trampoline sees it: behind the registers, what the kernel needs back.
 */
#ifndef KILBURN_SW_RUNTIME_PROCESS_LAYOUT_H
#define KILBURN_SW_RUNTIME_PROCESS_LAYOUT_H

#include "runtime/layout.h"

#define STATE_KERNEL_SATP (FRAME_BYTES + 0)
#define STATE_KERNEL_SP (FRAME_BYTES + 8)
#define STATE_KERNEL_TP (FRAME_BYTES + 16)
#define STATE_KERNEL_RETURN (FRAME_BYTES + 24)

#endif
