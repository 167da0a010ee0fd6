/* 16550A UART at BOARD_UART: one byte a register, at offsets 0 to 7. Its line to the PLIC is
 * BOARD_IRQ_UART. Source: Texas Instruments PC16550D. */
#ifndef KILBURN_UART_H
#define KILBURN_UART_H

enum {
  UART_RBR = 0, /* read: receiver buffer (DLAB = 0) */
  UART_THR = 0, /* write: transmitter holding register (DLAB = 0) */
  UART_DLL = 0, /* divisor, low byte (DLAB = 1) */
  UART_IER = 1, /* interrupt enable (DLAB = 0) */
  UART_DLM = 1, /* divisor, high byte (DLAB = 1) */
  UART_IIR = 2, /* read: interrupt identification */
  UART_FCR = 2, /* write: FIFO control */
  UART_LCR = 3, /* line control */
  UART_MCR = 4, /* modem control */
  UART_LSR = 5, /* line status; read only */
  UART_MSR = 6, /* modem status; read only */
  UART_SCR = 7, /* scratch */
  UART_REGISTER_BYTES = 8
};

/* The character rate is UART_CLOCK_HZ / (16 * divisor). */
enum { UART_CLOCK_HZ = 3686400, UART_FIFO_BYTES = 16 };

enum {
  UART_IER_RECEIVED = 0x01,    /* received data, and character time-out */
  UART_IER_THR_EMPTY = 0x02,   /* transmitter holding register empty */
  UART_IER_LINE_STATUS = 0x04, /* an error in LSR */
  UART_IER_MODEM_STATUS = 0x08 /* a change in MSR */
};

/* IIR: the enabled interrupt of the highest priority; in the order of priority. */
enum {
  UART_IIR_LINE_STATUS = 0x06,  /* cleared by reading LSR */
  UART_IIR_RECEIVED = 0x04,     /* cleared by reading RBR until below the trigger */
  UART_IIR_TIMEOUT = 0x0C,      /* cleared by reading RBR */
  UART_IIR_THR_EMPTY = 0x02,    /* cleared by reading IIR or writing THR */
  UART_IIR_MODEM_STATUS = 0x00, /* cleared by reading MSR */
  UART_IIR_NONE = 0x01,
  UART_IIR_ID_MASK = 0x0F,
  UART_IIR_FIFO = 0xC0 /* the FIFOs are enabled */
};

enum {
  UART_FCR_ENABLE = 0x01, /* the other bits count only together with it */
  UART_FCR_CLEAR_RECEIVER = 0x02,
  UART_FCR_CLEAR_TRANSMITTER = 0x04,
  UART_FCR_TRIGGER_1 = 0x00, /* bytes in the receiver's FIFO that interrupt */
  UART_FCR_TRIGGER_4 = 0x40,
  UART_FCR_TRIGGER_8 = 0x80,
  UART_FCR_TRIGGER_14 = 0xC0
};

enum {
  UART_LCR_8_BITS = 0x03, /* bits 1 and 0: word length - 5 */
  UART_LCR_STOP = 0x04,   /* two stop bits (one and a half with five data bits) */
  UART_LCR_PARITY = 0x08,
  UART_LCR_BREAK = 0x40,
  UART_LCR_DLAB = 0x80 /* offsets 0 and 1 are the divisor */
};

enum {
  UART_MCR_DTR = 0x01,
  UART_MCR_RTS = 0x02,
  UART_MCR_OUT1 = 0x04,
  UART_MCR_OUT2 = 0x08,
  UART_MCR_LOOP = 0x10
};

enum {
  UART_LSR_DATA_READY = 0x01,
  UART_LSR_OVERRUN = 0x02, /* a byte was lost; cleared by reading LSR */
  UART_LSR_THR_EMPTY = 0x20,
  UART_LSR_TRANSMITTER_EMPTY = 0x40
};

enum {
  UART_MSR_DELTA_CTS = 0x01, /* the deltas are cleared by reading MSR */
  UART_MSR_DELTA_DSR = 0x02,
  UART_MSR_RING_ENDED = 0x04,
  UART_MSR_DELTA_DCD = 0x08,
  UART_MSR_CTS = 0x10,
  UART_MSR_DSR = 0x20,
  UART_MSR_RI = 0x40,
  UART_MSR_DCD = 0x80
};

#endif
