#include "guests/mix/mix.h"

static uint32_t numbers[SORT_COUNT];

static void sort(uint32_t* first, uint32_t* last) {
  while (first < last) {
    const uint32_t pivot = first[(last - first) / 2];
    uint32_t* left = first;
    uint32_t* right = last;
    while (left <= right) {
      while (*left < pivot) left++;
      while (*right > pivot) right--;
      if (left > right) break;
      const uint32_t held = *left;
      *left++ = *right;
      *right-- = held;
    }
    sort(first, right);
    first = left;
  }
}

uint64_t quicksort(void) {
  uint32_t state = 1;
  for (unsigned i = 0; i < SORT_COUNT; i++) {
    state = state * 1664525 + 1013904223;
    numbers[i] = state;
  }
  sort(numbers, numbers + SORT_COUNT - 1);
  uint64_t hash = 0;
  for (unsigned i = 0; i < SORT_COUNT; i++) {
    if (i && numbers[i - 1] > numbers[i]) return 0;
    hash = hash * 31 + numbers[i];
  }
  return hash;
}
