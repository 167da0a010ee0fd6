#include "runtime/machine.h"

#include <stdio.h>

#include "drivers/uart.h"
#include "kilburn/board.h"
#include "runtime/device_tree.h"
#include "runtime/exit.h"
#include "runtime/frame.h"
#include "runtime/hart.h"
#include "runtime/layout.h"

int main(void);

static struct device_tree_facts facts;

unsigned machine_harts(void) {
  return facts.harts < HARTS_MAX ? facts.harts : HARTS_MAX;
}

uint64_t machine_memory_end(void) {
  return BOARD_DRAM + facts.memory_bytes;
}

/* Where the start-up code leaves hart 0. The device tree's memory is free once it has been read. */
_Noreturn void runtime_main(unsigned hart, const void* device_tree) {
  hart_init(hart);
  uart_init();
  facts = device_tree_read(device_tree);
  if (!facts.harts || !facts.memory_bytes) {
    puts("no device tree at a1: how many harts, how much memory?");
    machine_exit(EXIT_CHECK_FAILED);
  }
  frame_init(machine_memory_end());
  machine_exit((unsigned)main());
}
