#include "runtime/address_space.h"

#include "kilburn/board.h"
#include "runtime/image.h"
#include "runtime/machine.h"

struct address_space address_space_create(unsigned levels, unsigned asid) {
  return (struct address_space){.table = page_table_create(levels), .asid = asid};
}

static void map_identity(struct address_space* space, uint64_t from, uint64_t to,
                         enum page_order largest, unsigned flags) {
  page_table_map_range(&space->table, from, from, to - from, largest, flags);
}

static uint64_t whole_pages(uint64_t bytes) {
  return (bytes + 0xFFF) & ~UINT64_C(0xFFF);
}

static void map_device(struct address_space* space, uint64_t base, uint64_t bytes,
                       enum page_order largest, unsigned flags) {
  map_identity(space, base, base + whole_pages(bytes), largest, flags | PTE_RW);
}

void address_space_map_identity(struct address_space* space, enum page_order largest,
                                unsigned flags) {
  map_identity(space, (uint64_t)kilburn_image, (uint64_t)kilburn_text_end, largest, flags | PTE_RX);
  map_identity(space, (uint64_t)kilburn_text_end, (uint64_t)kilburn_data, largest, flags | PTE_R);
  map_identity(space, (uint64_t)kilburn_data, machine_memory_end(), largest, flags | PTE_RW);
  map_device(space, BOARD_FINISHER, BOARD_FINISHER_BYTES, largest, flags);
  map_device(space, BOARD_RTC, BOARD_RTC_BYTES, largest, flags);
  map_device(space, BOARD_ACLINT, BOARD_ACLINT_BYTES, largest, flags);
  map_device(space, BOARD_PLIC, BOARD_PLIC_BYTES, largest, flags);
  map_device(space, BOARD_UART, BOARD_UART_BYTES, largest, flags);
  map_device(space, BOARD_RMU, BOARD_RMU_BYTES, largest, flags);
}
