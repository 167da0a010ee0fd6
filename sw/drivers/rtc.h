/* Goldfish real-time clock. */
#ifndef KILBURN_SW_DRIVERS_RTC_H
#define KILBURN_SW_DRIVERS_RTC_H

#include <stdint.h>

#include "drivers/mmio.h"
#include "kilburn/board.h"
#include "kilburn/rtc.h"

/* Nanoseconds since 1970-01-01 00:00 UTC. */
static inline uint64_t rtc_nanoseconds(void) {
  const uint64_t low = mmio_read32(BOARD_RTC + RTC_TIME_LOW); /* latches the upper half */
  return (uint64_t)mmio_read32(BOARD_RTC + RTC_TIME_HIGH) << 32 | low;
}

/* Interrupts (BOARD_IRQ_RTC) when the clock reaches `nanoseconds`. */
static inline void rtc_set_alarm(uint64_t nanoseconds) {
  mmio_write32(BOARD_RTC + RTC_IRQ_ENABLED, 1);
  mmio_write32(BOARD_RTC + RTC_ALARM_HIGH, (uint32_t)(nanoseconds >> 32));
  mmio_write32(BOARD_RTC + RTC_ALARM_LOW, (uint32_t)nanoseconds);
}

static inline void rtc_acknowledge(void) {
  mmio_write32(BOARD_RTC + RTC_CLEAR_INTERRUPT, 1);
}

#endif
