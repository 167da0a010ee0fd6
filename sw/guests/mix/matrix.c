#include "guests/mix/mix.h"

static double left[MATRIX_ORDER][MATRIX_ORDER];
static double right[MATRIX_ORDER][MATRIX_ORDER];

static double element(int row, int column) {
  double sum = 0;
  for (int k = 0; k < MATRIX_ORDER; k++) sum += left[row][k] * right[k][column];
  return sum;
}

/* All values are small integers: the sum is exact in any order. */
uint64_t matrix(void) {
  for (int i = 0; i < MATRIX_ORDER; i++) {
    for (int j = 0; j < MATRIX_ORDER; j++) {
      left[i][j] = i + 2 * j;
      right[i][j] = 3 * i - j;
    }
  }
  double sum = 0;
  for (int i = 0; i < MATRIX_ORDER; i++) {
    for (int j = 0; j < MATRIX_ORDER; j++) sum += element(i, j);
  }
  return (uint64_t)(int64_t)sum;
}
