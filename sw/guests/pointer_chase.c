/* Pointer chase: each load's address comes from the load before. The chain is one random cycle
 * through all cache lines of a range (Sattolo, 1986), so nothing but the TLBs' reach helps. */
#include <stdio.h>

#include "guests/arena.h"
#include "runtime/check.h"
#include "runtime/features.h"
#include "runtime/mode.h"
#include "runtime/random.h"

enum { LINE_BYTES = 64 };

struct node {
  struct node* next;
  uint64_t visits;
  uint8_t rest[LINE_BYTES - 16];
};

/* A permutation of one cycle: swap each element with a strictly earlier one. */
static void link(struct node* nodes, uint64_t count) {
  struct random random = {.state = 1};
  for (uint64_t i = 0; i < count; i++) nodes[i] = (struct node){.next = &nodes[i]};
  for (uint64_t i = count - 1; i > 0; i--) {
    struct node* const other = &nodes[random_below(&random, i)];
    struct node* const next = other->next;
    other->next = nodes[i].next;
    nodes[i].next = next;
  }
}

static struct node* hop(struct node* node, uint64_t hops) {
  for (uint64_t i = 0; i < hops; i++) node = node->next;
  return node;
}

static void check_one_cycle(struct node* nodes, uint64_t count) {
  struct node* node = nodes;
  for (uint64_t i = 0; i < count; i++) {
    CHECK_EQUAL(node->visits, 0);
    node->visits = 1;
    node = node->next;
  }
  CHECK_EQUAL(node, nodes);
}

static uint64_t chase(void* argument) {
  const struct arena* const arena = argument;
  struct node* const nodes = (struct node*)arena->base;
  const uint64_t count = arena->bytes / sizeof *nodes;
  link(nodes, count);
  check_one_cycle(nodes, count);
  const uint64_t instructions = csr_read(instret);
  const uint64_t cycles = csr_read(cycle);
  const struct node* const end = hop(nodes, count * CHASE_ROUNDS);
  printf("%lu hops: %lu instructions, %lu cycles\n", count * CHASE_ROUNDS,
         csr_read(instret) - instructions, csr_read(cycle) - cycles);
  CHECK_EQUAL(end, nodes);
  return 0;
}

int main(void) {
  CHECK(CHASE_PAGE != PAGE_64K || features_find().svnapot);
  struct arena arena = arena_create(UINT64_C(1) << CHASE_ORDER, CHASE_PAGE);
  printf("%lu KiB on pages of %lu KiB\n", arena.bytes >> 10, (UINT64_C(1) << CHASE_PAGE) >> 10);
  address_space_activate(&arena.space);
  run_in_mode(MODE_S, chase, &arena);
  address_space_off();
  return EXIT_PASS;
}
