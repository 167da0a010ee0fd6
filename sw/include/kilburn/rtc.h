/* Goldfish real-time clock at BOARD_RTC: nanoseconds since 1970-01-01 00:00 UTC. 32-bit registers,
 * accessed by 32 bits. Its line to the PLIC is BOARD_IRQ_RTC.
 * Source: Android's GOLDFISH-VIRTUAL-HARDWARE, "Goldfish real-time clock"; QEMU 7.2. */
#ifndef KILBURN_RTC_H
#define KILBURN_RTC_H

enum {
  RTC_TIME_LOW = 0x00,  /* reading it latches TIME_HIGH: read low, then high */
  RTC_TIME_HIGH = 0x04, /* writing either half sets the clock */
  RTC_ALARM_LOW = 0x08, /* writing it arms the alarm: write high, then low */
  RTC_ALARM_HIGH = 0x0C,
  RTC_IRQ_ENABLED = 0x10,     /* bit 0 */
  RTC_CLEAR_ALARM = 0x14,     /* write: disarms the alarm */
  RTC_ALARM_STATUS = 0x18,    /* read only: 1 while an alarm is armed */
  RTC_CLEAR_INTERRUPT = 0x1C, /* write: acknowledges the alarm's interrupt */
  RTC_REGISTER_BYTES = 0x20
};

#endif
