#include "drivers/iommu.h"

#include <stddef.h>

#include "drivers/mmio.h"
#include "kilburn/board.h"

/* Entries of the queues, as their base registers have them: log2, less one. A frame each. */
#define COMMANDS_LOG2 8
#define FAULTS_LOG2 7

static uint64_t read64(unsigned offset) {
  return mmio_read64(BOARD_IOMMU + offset);
}
static uint32_t read32(unsigned offset) {
  return mmio_read32(BOARD_IOMMU + offset);
}

static uint64_t frame_of(const volatile void* pointer) {
  return (uint64_t)pointer >> 12 << IOMMU_PPN_SHIFT;
}

static void start_queue(unsigned base, unsigned index, unsigned control, const volatile void* queue,
                        unsigned size_log2) {
  mmio_write32(BOARD_IOMMU + control, 0);
  while (read32(control) & (IOMMU_QUEUE_ON | IOMMU_QUEUE_BUSY)) {
  }
  mmio_write64(BOARD_IOMMU + base, frame_of(queue) | (size_log2 - 1));
  mmio_write32(BOARD_IOMMU + index, 0);
  mmio_write32(BOARD_IOMMU + control, IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_INTERRUPT);
  while (!(read32(control) & IOMMU_QUEUE_ON)) {
  }
}

void iommu_set_mode(struct iommu* iommu, unsigned mode) {
  const bool has_tables = mode != IOMMU_DDTP_OFF && mode != IOMMU_DDTP_BARE;
  mmio_fence();
  mmio_write64(BOARD_IOMMU + IOMMU_DDTP, (has_tables ? frame_of(iommu->directory) : 0) | mode);
  while (read64(IOMMU_DDTP) & IOMMU_DDTP_BUSY) {
  }
}

bool iommu_start(struct iommu* iommu, const uint64_t* frames) {
  const uint64_t capabilities = read64(IOMMU_CAPABILITIES);
  if ((capabilities & IOMMU_CAP_VERSION_MASK) != IOMMU_CAP_VERSION_1_0) return false;
  const bool extended = capabilities & IOMMU_CAP_MSI_FLAT;
  iommu->context_bytes = extended ? IOMMU_DC_EXTENDED_BYTES : IOMMU_DC_BASE_BYTES;
  iommu->commands = (uint64_t*)frames[0];
  iommu->faults = (volatile uint64_t*)frames[1];
  iommu->directory = (uint64_t*)frames[2];
  iommu->tail = 0;
  iommu_set_mode(iommu, IOMMU_DDTP_OFF);
  const unsigned leaves = IOMMU_DEVICES * iommu->context_bytes >> 12;
  for (unsigned i = 0; i < IOMMU_LEAVES; i++) iommu->leaves[i] = (uint64_t*)frames[3 + i];
  for (unsigned i = 0; i < leaves; i++)
    iommu->directory[i] = frame_of(iommu->leaves[i]) | IOMMU_ENTRY_VALID;
  if (capabilities >> IOMMU_CAP_IGS_SHIFT & 3)
    mmio_write32(BOARD_IOMMU + IOMMU_FCTL, IOMMU_FCTL_WSI);
  mmio_write64(BOARD_IOMMU + IOMMU_ICVEC,
               (uint64_t)IOMMU_INTERRUPT_FAULT << 4 * IOMMU_INTERRUPT_FAULT);
  start_queue(IOMMU_CQB, IOMMU_CQT, IOMMU_CQCSR, iommu->commands, COMMANDS_LOG2);
  start_queue(IOMMU_FQB, IOMMU_FQH, IOMMU_FQCSR, iommu->faults, FAULTS_LOG2);
  iommu_set_mode(iommu, IOMMU_DDTP_2LVL);
  return true;
}

void iommu_command(struct iommu* iommu, uint64_t first, uint64_t second) {
  const unsigned next = (iommu->tail + 1) & ((1 << COMMANDS_LOG2) - 1);
  while (read32(IOMMU_CQH) == next) {
  }
  iommu->commands[2 * iommu->tail] = first;
  iommu->commands[2 * iommu->tail + 1] = second;
  iommu->tail = next;
  mmio_fence();
  mmio_write32(BOARD_IOMMU + IOMMU_CQT, next);
}

bool iommu_fence(struct iommu* iommu) {
  const uint32_t stopped = IOMMU_QUEUE_FAULT | IOMMU_CQCSR_TIMEOUT | IOMMU_CQCSR_ILLEGAL;
  iommu_command(iommu,
                IOMMU_OPCODE_IOFENCE | IOMMU_IOFENCE_C << IOMMU_FUNCTION_SHIFT | IOMMU_IOFENCE_PR |
                    IOMMU_IOFENCE_PW,
                0);
  while (read32(IOMMU_CQH) != iommu->tail) {
    if (read32(IOMMU_CQCSR) & stopped) return false;
  }
  mmio_fence();
  return true;
}

/* The context's words. */
static uint64_t* context_of(struct iommu* iommu, unsigned device) {
  const unsigned in_leaf = 4096 / iommu->context_bytes;
  return iommu->leaves[device / in_leaf] + device % in_leaf * (iommu->context_bytes / 8);
}

/* Of the context, and of what was translated by it: who knows which address space that was. */
static void forget(struct iommu* iommu, unsigned device) {
  iommu_command(iommu,
                IOMMU_OPCODE_IODIR | IOMMU_IODIR_INVAL_DDT << IOMMU_FUNCTION_SHIFT |
                    IOMMU_IODIR_DV | (uint64_t)device << IOMMU_IODIR_DID_SHIFT,
                0);
  /* Of the host's spaces, and of guests. */
  iommu_command(iommu, IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_VMA << IOMMU_FUNCTION_SHIFT, 0);
  iommu_command(iommu, IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_GVMA << IOMMU_FUNCTION_SHIFT, 0);
  iommu_fence(iommu);
}

void iommu_detach(struct iommu* iommu, unsigned device) {
  uint64_t* context = context_of(iommu, device);
  context[IOMMU_DC_TC / 8] = 0;
  mmio_fence();
  forget(iommu, device);
}

void iommu_attach(struct iommu* iommu, unsigned device, const struct iommu_context* what) {
  iommu_detach(iommu, device);
  uint64_t* context = context_of(iommu, device);
  context[IOMMU_DC_IOHGATP / 8] = what->second_stage;
  context[IOMMU_DC_TA / 8] = (uint64_t)what->pscid << IOMMU_TA_PSCID_SHIFT;
  context[IOMMU_DC_FSC / 8] = what->first_stage;
  mmio_fence();
  context[IOMMU_DC_TC / 8] =
      IOMMU_ENTRY_VALID | (what->processes ? IOMMU_TC_PDTV : 0) | (what->ats ? IOMMU_TC_EN_ATS : 0);
  mmio_fence();
  forget(iommu, device);
}

void iommu_attach_process(struct iommu* iommu, unsigned device, uint64_t* directory,
                          unsigned process, uint64_t first_stage, unsigned pscid) {
  uint64_t* context = directory + (uint64_t)process * (IOMMU_PC_BYTES / 8);
  context[IOMMU_PC_FSC / 8] = first_stage;
  mmio_fence();
  context[IOMMU_PC_TA / 8] = IOMMU_ENTRY_VALID | (uint64_t)pscid << IOMMU_TA_PSCID_SHIFT;
  mmio_fence();
  iommu_command(iommu,
                IOMMU_OPCODE_IODIR | IOMMU_IODIR_INVAL_PDT << IOMMU_FUNCTION_SHIFT |
                    IOMMU_IODIR_DV | (uint64_t)process << IOMMU_IODIR_PID_SHIFT |
                    (uint64_t)device << IOMMU_IODIR_DID_SHIFT,
                0);
  iommu_invalidate(iommu, pscid);
}

void iommu_invalidate_page(struct iommu* iommu, unsigned pscid, uint64_t address) {
  iommu_command(iommu,
                IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_VMA << IOMMU_FUNCTION_SHIFT |
                    IOMMU_IOTINVAL_AV | IOMMU_IOTINVAL_PSCV |
                    (uint64_t)pscid << IOMMU_IOTINVAL_PSCID_SHIFT,
                address >> 12 << IOMMU_IOTINVAL_PAGE_SHIFT);
  iommu_fence(iommu);
}

void iommu_invalidate(struct iommu* iommu, unsigned pscid) {
  iommu_command(iommu,
                IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_VMA << IOMMU_FUNCTION_SHIFT |
                    IOMMU_IOTINVAL_PSCV | (uint64_t)pscid << IOMMU_IOTINVAL_PSCID_SHIFT,
                0);
  iommu_fence(iommu);
}

void iommu_invalidate_guest(struct iommu* iommu, unsigned gscid) {
  iommu_command(iommu,
                IOMMU_OPCODE_IOTINVAL | IOMMU_IOTINVAL_GVMA << IOMMU_FUNCTION_SHIFT |
                    IOMMU_IOTINVAL_GV | (uint64_t)gscid << IOMMU_IOTINVAL_GSCID_SHIFT,
                0);
  iommu_fence(iommu);
}

bool iommu_take_fault(struct iommu* iommu, struct iommu_fault* fault) {
  const unsigned head = read32(IOMMU_FQH);
  if (head == read32(IOMMU_FQT)) return false;
  mmio_fence();
  const volatile uint64_t* record = iommu->faults + head * (uint64_t)(IOMMU_FAULT_BYTES / 8);
  const uint64_t first = record[0];
  *fault = (struct iommu_fault){
      .cause = first & IOMMU_FAULT_CAUSE_MASK,
      .device = first >> IOMMU_FAULT_DID_SHIFT,
      .type = first >> IOMMU_FAULT_TTYP_SHIFT & IOMMU_FAULT_TTYP_MASK,
      .has_process = first & IOMMU_FAULT_PV,
      .process = first >> IOMMU_FAULT_PID_SHIFT & 0xFFFFF,
      .address = record[IOMMU_FAULT_IOTVAL / 8],
      .guest = record[IOMMU_FAULT_IOTVAL2 / 8],
  };
  mmio_write32(BOARD_IOMMU + IOMMU_FQH, (head + 1) & ((1 << FAULTS_LOG2) - 1));
  return true;
}
