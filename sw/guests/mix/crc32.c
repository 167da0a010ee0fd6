#include "guests/mix/mix.h"

#define POLYNOMIAL 0xEDB88320U

static uint32_t table[256];

static void fill_table(void) {
  for (uint32_t i = 0; i < 256; i++) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? POLYNOMIAL ^ value >> 1 : value >> 1;
    table[i] = value;
  }
}

uint64_t crc32(void) {
  fill_table();
  uint32_t crc = ~UINT32_C(0);
  for (uint32_t i = 0; i < CRC_BYTES; i++) {
    const uint8_t byte = (uint8_t)(i * 167 + 13);
    crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8;
  }
  return (uint32_t)~crc;
}
