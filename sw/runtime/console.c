#include "runtime/console.h"

#include <stdio.h>

#include "drivers/uart.h"

static void (*output)(char) = uart_put;

void console_set_output(void (*put)(char)) {
  output = put;
}

static int put(char character, FILE* stream) {
  (void)stream;
  if (character == '\n') output('\r');
  output(character);
  return (unsigned char)character;
}

static FILE console = FDEV_SETUP_STREAM(put, NULL, NULL, _FDEV_SETUP_WRITE);
FILE* const stdout = &console;
FILE* const stderr = &console;
