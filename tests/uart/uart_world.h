// A UART with what it writes to, its interrupt line and a clock.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "uart/uart.h"

namespace kilburn::uart::testing {

inline constexpr std::uint64_t cycles_hz = 1'000'000'000;

class Output final : public ByteSink {
 public:
  void put(std::uint8_t byte) override { text.push_back(static_cast<char>(byte)); }
  std::string text;
};

class Line final : public InterruptSink {
 public:
  void set(unsigned line, bool value) override {
    EXPECT_EQ(line, 10u);
    level = value;
  }
  bool level = false;
};

struct World {
  Output output;
  Line line;
  Uart uart{cycles_hz, output, {line, 10}};
  Cycles now = 1000;

  std::uint8_t read(unsigned offset) { return uart.read(offset, now); }
  void write(unsigned offset, unsigned value) {
    uart.write(offset, static_cast<std::uint8_t>(value), now);
  }
  void receive(std::string_view bytes) {
    for (const char byte : bytes) uart.receive(static_cast<std::uint8_t>(byte), now);
  }
  unsigned interrupt() { return read(UART_IIR) & UART_IIR_ID_MASK; }
  void set_divisor(unsigned divisor) {
    const unsigned control = read(UART_LCR);
    write(UART_LCR, control | UART_LCR_DLAB);
    write(UART_DLL, divisor & 0xFF);
    write(UART_DLM, divisor >> 8);
    write(UART_LCR, control);
  }
  /// Eight data bits, FIFOs on, interrupts as told.
  void set_up(unsigned trigger, unsigned enables) {
    write(UART_LCR, UART_LCR_8_BITS);
    write(UART_FCR, UART_FCR_ENABLE | trigger);
    write(UART_IER, enables);
  }
};

}  // namespace kilburn::uart::testing
