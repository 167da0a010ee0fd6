#include "runtime/features.h"

#include <stdio.h>

#include "isa/fence.h"
#include "kilburn/board.h"
#include "runtime/address_space.h"
#include "runtime/mode.h"
#include "runtime/this_hart.h"
#include "runtime/trap.h"

static bool has_sstc(void) {
  trap_expect();
  (void)csr_read(stimecmp);
  return trap_expected_end().count == 0;
}

static bool has_svinval(void) {
  trap_expect();
  fence_begin_batch();
  fence_end_batch();
  return trap_expected_end().count == 0;
}

static unsigned find_levels(void) {
  for (unsigned levels = 5; levels >= 3; levels--) {
    const struct page_table table = {.levels = levels};
    csr_write(satp, (uint64_t)page_table_mode(&table) << SATP_MODE_SHIFT);
    if (csr_read(satp) >> SATP_MODE_SHIFT) return levels;
  }
  return 0;
}

static unsigned find_asid_bits(void) {
  csr_set(satp, SATP_ASID_MASK << SATP_ASID_SHIFT);
  return (unsigned)__builtin_popcountll(csr_read(satp) >> SATP_ASID_SHIFT & SATP_ASID_MASK);
}

static uint64_t load(void* address) {
  return *(volatile uint64_t*)address;
}

/* A load by supervisor mode through a page of 64 KiB. */
static bool has_svnapot(void) {
  const uint64_t address = UINT64_C(1) << 37;
  struct address_space space = address_space_create(3, 0);
  address_space_map_identity(&space, PAGE_2M, 0);
  page_table_map(&space.table, address, BOARD_DRAM, PAGE_64K, PTE_R);
  address_space_activate(&space);
  trap_expect();
  run_in_mode(MODE_S, load, (void*)address);
  return trap_expected_end().count == 0;
}

struct hart_features features_find(void) {
  struct hart_features features = {
      .svinval = has_svinval(),
      .sstc = has_sstc(),
      .hypervisor = hart_has_hypervisor(),
      .largest_levels = find_levels(),
  };
  if (features.largest_levels) {
    features.asid_bits = find_asid_bits();
    features.svnapot = has_svnapot();
  }
  address_space_off();
  fence_all();
  return features;
}

static const char* yes_or_no(bool value) {
  return value ? "yes" : "no";
}

void features_print(const struct hart_features* features) {
  printf("Sv%u, %u ASID bits, Svnapot %s, Svinval %s, Sstc %s, H %s\n",
         12 + 9 * features->largest_levels, features->asid_bits, yes_or_no(features->svnapot),
         yes_or_no(features->svinval), yes_or_no(features->sstc), yes_or_no(features->hypervisor));
}
