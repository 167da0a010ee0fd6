// 16550A UART: the board's console. Registers: sw/include/kilburn/uart.h.
// Source: Texas Instruments PC16550D; QEMU 7.2 for what happens at once and for the modem's lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "common/interrupt_line.h"
#include "common/statistics.h"
#include "common/timebase.h"
#include "common/types.h"
#include "device/byte_sink.h"
#include "kilburn/uart.h"

namespace kilburn::uart {

using device::ByteSink;

struct UartStatistics {
  std::uint64_t transmitted = 0;
  std::uint64_t received = 0;
  std::uint64_t overruns = 0;
  std::uint64_t interrupts = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const UartStatistics&, const UartStatistics&) = default;
};

/// Modelled: all registers, the divisor latch, the receiver's FIFO with its triggers, character
/// time-out and overrun, the five interrupts by priority, loopback. Not modelled: the time of a
/// character on the line, so the transmitter is always empty; parity and framing errors and break,
/// which a stream of bytes has none of; DMA modes. The modem is always there: CTS, DSR, DCD.
/// Time: only the character time-out, 4 characters at the divisor's rate, takes time. It does not
/// run by itself: somebody calls `update` at `next_event`.
class Uart {
 public:
  /// `cycles_hz`: of the platform clock. `line`: of the interrupt.
  Uart(std::uint64_t cycles_hz, ByteSink& output, InterruptLine line);

  /// The register at `offset`, 0 to 7, with what reading it clears.
  [[nodiscard]] std::uint8_t read(unsigned offset, Cycles now);
  void write(unsigned offset, std::uint8_t value, Cycles now);

  /// A byte from outside. Where there is no room it is an overrun: with FIFOs the byte is lost,
  /// without the one before it. In loopback nothing comes in from outside.
  void receive(std::uint8_t byte, Cycles now);
  /// A byte from outside would be no overrun, and loopback is off. A console holds its input back
  /// meanwhile.
  [[nodiscard]] bool can_receive() const;

  /// The cycle of the character time-out; Timebase::never where none is awaited.
  [[nodiscard]] Cycles next_event() const { return timeout_; }
  /// Raises the time-out where next_event has come.
  void update(Cycles now);

  void reset();
  [[nodiscard]] const UartStatistics& statistics() const { return statistics_; }

 private:
  [[nodiscard]] bool divisor_latch() const { return (line_control_ & UART_LCR_DLAB) != 0; }
  [[nodiscard]] bool fifo_enabled() const { return (fifo_control_ & UART_FCR_ENABLE) != 0; }
  [[nodiscard]] bool loopback() const { return (modem_control_ & UART_MCR_LOOP) != 0; }
  [[nodiscard]] unsigned data_bits() const;  ///< of a character
  [[nodiscard]] std::size_t capacity() const;
  [[nodiscard]] std::size_t trigger() const;
  [[nodiscard]] std::uint8_t modem_lines() const;
  /// IIR's interrupt: the enabled one of the highest priority.
  [[nodiscard]] std::uint8_t identification() const;
  [[nodiscard]] std::uint8_t read_buffer(Cycles now);
  [[nodiscard]] std::uint8_t read_identification();
  [[nodiscard]] std::uint8_t read_line_status();
  [[nodiscard]] std::uint8_t read_modem_status();
  void transmit(std::uint8_t byte, Cycles now);
  void write_enables(std::uint8_t value);
  void write_fifo_control(std::uint8_t value);
  void write_modem_control(std::uint8_t value);
  void accept(std::uint8_t byte, Cycles now);
  void clear_receiver();
  void restart_timeout(Cycles now);
  void drive_line();

  Timebase bit_clock_;  ///< ticks of UART_CLOCK_HZ
  ByteSink* output_;
  InterruptLine line_;
  std::deque<std::uint8_t> buffer_;  ///< receiver: 16 bytes, or 1 without FIFOs
  bool overrun_ = false;
  bool timed_out_ = false;
  bool thr_interrupt_ = false;  ///< THR has become empty and IIR has not said so yet
  Cycles timeout_ = Timebase::never;
  std::uint8_t enables_ = 0;
  std::uint8_t fifo_control_ = 0;
  std::uint8_t line_control_ = 0;
  bool line_set_up_ = false;  ///< LCR has been written since reset
  std::uint8_t modem_control_ = 0;
  std::uint8_t modem_deltas_ = 0;
  std::uint8_t scratch_ = 0;
  std::uint16_t divisor_ = 0;
  UartStatistics statistics_;
};

}  // namespace kilburn::uart
