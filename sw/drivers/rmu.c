#include "drivers/rmu.h"

#include "drivers/mmio.h"
#include "kilburn/board.h"

static void operand(unsigned offset, uint64_t value) {
  mmio_write64(BOARD_RMU + offset, value);
}

static uint64_t result(unsigned offset) {
  return mmio_read64(BOARD_RMU + offset);
}

static unsigned run(unsigned command) {
  mmio_fence();
  operand(RMU_COMMAND, command);
  uint64_t status = 0;
  do {
    status = result(RMU_STATUS);
  } while (status & RMU_RUNNING);
  mmio_fence();
  return (unsigned)status;
}

unsigned rmu_create_realm(unsigned realm) {
  operand(RMU_OWNER, realm);
  return run(RMU_CMD_CREATE_REALM);
}

unsigned rmu_destroy_realm(unsigned realm) {
  operand(RMU_OWNER, realm);
  return run(RMU_CMD_DESTROY_REALM);
}

unsigned rmu_set_owner(uint64_t target, unsigned order, unsigned realm, unsigned state,
                       uint64_t mapped) {
  operand(RMU_TARGET, target);
  operand(RMU_ORDER, order);
  operand(RMU_OWNER, realm);
  operand(RMU_MAPPED, mapped);
  operand(RMU_ATTRIBUTES, (uint64_t)state << RMU_ENTRY_STATE_SHIFT);
  return run(RMU_CMD_SET_OWNER);
}

unsigned rmu_share(uint64_t target, unsigned order, unsigned sharing) {
  operand(RMU_TARGET, target);
  operand(RMU_ORDER, order);
  operand(RMU_ATTRIBUTES, (uint64_t)sharing << RMU_ENTRY_SHARING_SHIFT);
  return run(RMU_CMD_SHARE);
}

static unsigned run_on(uint64_t target, unsigned order, unsigned command) {
  operand(RMU_TARGET, target);
  operand(RMU_ORDER, order);
  return run(command);
}

unsigned rmu_unshare(uint64_t target, unsigned order) {
  return run_on(target, order, RMU_CMD_UNSHARE);
}

unsigned rmu_scrub(uint64_t target, unsigned order) {
  return run_on(target, order, RMU_CMD_SCRUB);
}

unsigned rmu_fuse(uint64_t target, unsigned order) {
  return run_on(target, order, RMU_CMD_FUSE);
}

unsigned rmu_shatter(uint64_t target) {
  return run_on(target, 0, RMU_CMD_SHATTER);
}

struct rmu_entry rmu_query(uint64_t target) {
  const unsigned status = run_on(target, 0, RMU_CMD_QUERY);
  const uint64_t word = result(RMU_RESULT);
  return (struct rmu_entry){
      .status = status,
      .state = word >> RMU_ENTRY_STATE_SHIFT & RMU_ENTRY_STATE_MASK,
      .sharing = word >> RMU_ENTRY_SHARING_SHIFT & RMU_ENTRY_SHARING_MASK,
      .order = word >> RMU_ENTRY_ORDER_SHIFT & RMU_ENTRY_ORDER_MASK,
      .owner = word >> RMU_ENTRY_OWNER_SHIFT & RMU_ENTRY_OWNER_MASK,
      .member = (int)(word >> RMU_ENTRY_MEMBER_SHIFT & 1),
      .head = result(RMU_RESULT_HEAD),
      .mapped = result(RMU_RESULT_MAPPED),
  };
}

uint64_t rmu_cycles(void) {
  return result(RMU_CYCLES);
}
