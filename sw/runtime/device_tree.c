#include "runtime/device_tree.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

enum { BEGIN_NODE = 1, END_NODE = 2, PROPERTY = 3, NOP = 4 };
enum { HEADER_STRUCTURE = 8, HEADER_STRINGS = 12 };
#define MAGIC 0xD00DFEEDU

static uint32_t big_endian(const char* at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return __builtin_bswap32(value);
}

static bool starts_with(const char* text, const char* start) {
  return strncmp(text, start, strlen(start)) == 0;
}

static const char* aligned(const char* at) {
  return (const char*)(((uintptr_t)at + 3) & ~(uintptr_t)3);
}

struct device_tree_facts device_tree_read(const void* tree) {
  struct device_tree_facts facts = {0};
  const char* const start = tree;
  if (!start || big_endian(start) != MAGIC) return facts;
  const char* const strings = start + big_endian(start + HEADER_STRINGS);
  const char* node = "";
  for (const char* at = start + big_endian(start + HEADER_STRUCTURE);;) {
    const uint32_t token = big_endian(at);
    at += 4;
    if (token == BEGIN_NODE) {
      node = at;
      if (starts_with(node, "cpu@")) facts.harts++;
      at = aligned(at + strlen(at) + 1);
    } else if (token == PROPERTY) {
      const uint32_t bytes = big_endian(at);
      const char* const name = strings + big_endian(at + 4);
      const char* const value = at + 8;
      if (starts_with(node, "memory@") && strcmp(name, "reg") == 0)
        facts.memory_bytes = (uint64_t)big_endian(value + 8) << 32 | big_endian(value + 12);
      at = aligned(value + bytes);
    } else if (token != END_NODE && token != NOP) {
      return facts;
    }
  }
}
