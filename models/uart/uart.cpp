#include "uart/uart.h"

#include <algorithm>
#include <array>
#include <cassert>

namespace kilburn::uart {
namespace {

constexpr std::uint16_t reset_divisor = 12;  // QEMU's; the data sheet leaves it open
constexpr std::uint64_t timeout_characters = 4;

constexpr std::uint8_t enables_mask = 0x0F;
constexpr std::uint8_t modem_control_mask = 0x1F;
constexpr std::uint8_t modem_lines_mask = 0xF0;

std::uint8_t byte_of(unsigned value) {
  return static_cast<std::uint8_t>(value);
}

/// Half bits of a character of `data` bits on the line: start, data, parity, stop.
unsigned half_bits(unsigned data, std::uint8_t line_control) {
  const unsigned parity = (line_control & UART_LCR_PARITY) != 0 ? 1 : 0;
  const unsigned long_stop = data == 5 ? 3 : 4;
  return 2 * (1 + data + parity) + ((line_control & UART_LCR_STOP) != 0 ? long_stop : 2);
}

}  // namespace

void UartStatistics::visit(StatisticVisitor& v) const {
  v.counter("transmitted", transmitted, "bytes", "bytes sent, loopback included");
  v.counter("received", received, "bytes", "bytes that reached the receiver, lost ones included");
  v.counter("overruns", overruns, "bytes", "received bytes that were lost for want of room");
  v.counter("interrupts", interrupts, "interrupts", "rises of the interrupt line");
}

Uart::Uart(std::uint64_t cycles_hz, ByteSink& output, InterruptLine line)
    : bit_clock_(UART_CLOCK_HZ, cycles_hz), output_(&output), line_(line) {
  reset();
}

/// Until LCR is first written, eight: QEMU passes whole bytes on though LCR reads 0, so the text of
/// a program that sets nothing up comes out. From then on the data sheet's lengths hold.
unsigned Uart::data_bits() const {
  return line_set_up_ ? 5 + (line_control_ & 3u) : 8;
}

void Uart::reset() {
  clear_receiver();
  overrun_ = false;
  thr_interrupt_ = false;
  enables_ = 0;
  fifo_control_ = 0;
  line_control_ = 0;
  line_set_up_ = false;
  modem_control_ = UART_MCR_OUT2;  // QEMU's
  modem_deltas_ = 0;
  scratch_ = 0;
  divisor_ = reset_divisor;
  drive_line();
}

std::uint8_t Uart::read(unsigned offset, Cycles now) {
  assert(offset < UART_REGISTER_BYTES && "the module refuses other accesses");
  switch (offset) {
    case UART_RBR:
      return divisor_latch() ? byte_of(divisor_ & 0xFFu) : read_buffer(now);
    case UART_IER:
      return divisor_latch() ? byte_of(divisor_ >> 8) : enables_;
    case UART_IIR:
      return read_identification();
    case UART_LCR:
      return line_control_;
    case UART_MCR:
      return modem_control_;
    case UART_LSR:
      return read_line_status();
    case UART_MSR:
      return read_modem_status();
    default:
      return scratch_;
  }
}

void Uart::write(unsigned offset, std::uint8_t value, Cycles now) {
  assert(offset < UART_REGISTER_BYTES && "the module refuses other accesses");
  switch (offset) {
    case UART_THR:
      if (divisor_latch()) {
        divisor_ = static_cast<std::uint16_t>((divisor_ & 0xFF00u) | value);
      } else {
        transmit(value, now);
      }
      break;
    case UART_IER:
      if (divisor_latch()) {
        divisor_ = static_cast<std::uint16_t>((divisor_ & 0x00FFu) | unsigned{value} << 8);
      } else {
        write_enables(value);
      }
      break;
    case UART_FCR:
      write_fifo_control(value);
      break;
    case UART_LCR:
      line_control_ = value;
      line_set_up_ = true;
      break;
    case UART_MCR:
      write_modem_control(value);
      break;
    case UART_SCR:
      scratch_ = value;
      break;
    default:  // LSR and MSR
      break;
  }
  drive_line();
}

std::uint8_t Uart::read_buffer(Cycles now) {
  if (buffer_.empty()) return 0;
  const std::uint8_t byte = buffer_.front();
  buffer_.pop_front();
  timed_out_ = false;
  restart_timeout(now);
  drive_line();
  return byte;
}

std::uint8_t Uart::identification() const {
  if ((enables_ & UART_IER_LINE_STATUS) != 0 && overrun_) return UART_IIR_LINE_STATUS;
  if ((enables_ & UART_IER_RECEIVED) != 0) {
    if (buffer_.size() >= trigger()) return UART_IIR_RECEIVED;
    if (timed_out_) return UART_IIR_TIMEOUT;
  }
  if ((enables_ & UART_IER_THR_EMPTY) != 0 && thr_interrupt_) return UART_IIR_THR_EMPTY;
  if ((enables_ & UART_IER_MODEM_STATUS) != 0 && modem_deltas_ != 0) return UART_IIR_MODEM_STATUS;
  return UART_IIR_NONE;
}

std::uint8_t Uart::read_identification() {
  const std::uint8_t id = identification();
  if (id == UART_IIR_THR_EMPTY) {
    thr_interrupt_ = false;
    drive_line();
  }
  return byte_of(fifo_enabled() ? id | UART_IIR_FIFO : id);
}

std::uint8_t Uart::read_line_status() {
  unsigned status = UART_LSR_THR_EMPTY | UART_LSR_TRANSMITTER_EMPTY;
  if (!buffer_.empty()) status |= UART_LSR_DATA_READY;
  if (overrun_) status |= UART_LSR_OVERRUN;
  overrun_ = false;
  drive_line();
  return byte_of(status);
}

std::uint8_t Uart::modem_lines() const {
  if (!loopback()) return UART_MSR_CTS | UART_MSR_DSR | UART_MSR_DCD;
  unsigned lines = 0;
  if ((modem_control_ & UART_MCR_RTS) != 0) lines |= UART_MSR_CTS;
  if ((modem_control_ & UART_MCR_DTR) != 0) lines |= UART_MSR_DSR;
  if ((modem_control_ & UART_MCR_OUT1) != 0) lines |= UART_MSR_RI;
  if ((modem_control_ & UART_MCR_OUT2) != 0) lines |= UART_MSR_DCD;
  return byte_of(lines);
}

std::uint8_t Uart::read_modem_status() {
  const std::uint8_t status = byte_of(modem_lines() | modem_deltas_);
  modem_deltas_ = 0;
  drive_line();
  return status;
}

void Uart::transmit(std::uint8_t byte, Cycles now) {
  ++statistics_.transmitted;
  thr_interrupt_ = true;  // sent at once, so THR is empty again
  const std::uint8_t on_line = byte_of(byte & ((1u << data_bits()) - 1));
  if (loopback()) {
    accept(on_line, now);
  } else {
    output_->put(on_line);
  }
}

void Uart::write_enables(std::uint8_t value) {
  const bool thr_enabled = (value & ~enables_ & UART_IER_THR_EMPTY) != 0;
  if (thr_enabled) thr_interrupt_ = true;  // THR is empty: enabling the interrupt raises it
  enables_ = value & enables_mask;
}

void Uart::write_fifo_control(std::uint8_t value) {
  const bool changed = ((value ^ fifo_control_) & UART_FCR_ENABLE) != 0;
  const bool enabled = (value & UART_FCR_ENABLE) != 0;
  if (changed || (enabled && (value & UART_FCR_CLEAR_RECEIVER) != 0)) clear_receiver();
  fifo_control_ = enabled ? value & (UART_FCR_ENABLE | UART_FCR_TRIGGER_14) : 0;
}

void Uart::write_modem_control(std::uint8_t value) {
  const std::uint8_t before = modem_lines();
  modem_control_ = value & modem_control_mask;
  const std::uint8_t after = modem_lines();
  const unsigned changed = (before ^ after) & modem_lines_mask;
  unsigned deltas = changed >> 4 & (UART_MSR_DELTA_CTS | UART_MSR_DELTA_DSR | UART_MSR_DELTA_DCD);
  if ((before & ~after & UART_MSR_RI) != 0) deltas |= UART_MSR_RING_ENDED;
  modem_deltas_ = byte_of(modem_deltas_ | deltas);
}

std::size_t Uart::trigger() const {
  constexpr std::array<std::size_t, 4> levels = {1, 4, 8, 14};
  return levels[fifo_control_ >> 6];
}

std::size_t Uart::capacity() const {
  return fifo_enabled() ? std::size_t{UART_FIFO_BYTES} : 1;
}

bool Uart::can_receive() const {
  return !loopback() && buffer_.size() < capacity();
}

void Uart::receive(std::uint8_t byte, Cycles now) {
  if (loopback()) return;
  accept(byte, now);
  drive_line();
}

void Uart::accept(std::uint8_t byte, Cycles now) {
  ++statistics_.received;
  if (buffer_.size() < capacity()) {
    buffer_.push_back(byte);
  } else {
    overrun_ = true;
    ++statistics_.overruns;
    if (!fifo_enabled()) buffer_.front() = byte;
  }
  restart_timeout(now);
}

void Uart::clear_receiver() {
  buffer_.clear();
  timed_out_ = false;
  timeout_ = Timebase::never;
}

/// The time-out counts from the last byte that came or was read, while any is left in the FIFO.
void Uart::restart_timeout(Cycles now) {
  timeout_ = Timebase::never;
  if (!fifo_enabled() || buffer_.empty() || timed_out_) return;
  const std::uint64_t divisor = std::max<std::uint64_t>(divisor_, 1);  // 0 would stop the clock
  const std::uint64_t ticks =
      timeout_characters * half_bits(data_bits(), line_control_) * 16 * divisor / 2;
  timeout_ = now + bit_clock_.first_cycle(ticks);
}

void Uart::update(Cycles now) {
  if (now < timeout_) return;
  timeout_ = Timebase::never;
  timed_out_ = true;
  drive_line();
}

void Uart::drive_line() {
  const bool level = identification() != UART_IIR_NONE;
  if (level && !line_.level()) ++statistics_.interrupts;
  line_.set(level);
}

}  // namespace kilburn::uart
