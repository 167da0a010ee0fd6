/* 16550A UART: polled console, interrupts, loopback. */
#ifndef KILBURN_SW_DRIVERS_UART_H
#define KILBURN_SW_DRIVERS_UART_H

#include <stdbool.h>
#include <stdint.h>

/* 115200 baud, 8N1, FIFOs on, no interrupts. */
void uart_init(void);
/* Waits until the transmitter takes the character. */
void uart_put(char character);
/* The oldest received character, or -1. */
int uart_get(void);
/* UART_IER_* bits. */
void uart_enable_interrupts(uint8_t which);
/* Transmitted characters come back as received ones, and do not leave the chip. */
void uart_loopback(bool on);

#endif
