#include "platform/gdb/server.h"

#include <algorithm>

#include "common/statistic_writers.h"
#include "platform/gdb/virtual_memory.h"

namespace kilburn::gdb {

namespace {

const sc_core::sc_time& look_interval() {
  static const sc_core::sc_time interval(20, sc_core::SC_US);
  return interval;
}

}  // namespace

Server::Server(const sc_core::sc_module_name& name, board::Board& board, std::uint16_t port,
               const std::atomic<bool>* interrupt)
    : sc_module(name),
      board_(board),
      interrupt_(interrupt),
      socket_(port),
      debuggers_(board.harts()),
      session_(*this) {
  attach(true);
  for (unsigned i = 0; i < board.harts(); ++i) {
    board.hart(i).watch([this, i](riscv::RunEnd end) { return stopped(i, end); });
  }
  sc_core::sc_spawn([this] { run(); }, "run");
}

void Server::attach(bool attached) {
  for (unsigned i = 0; i < harts(); ++i) {
    debuggers_[i].clear();
    hart(i).attach(attached ? &debuggers_[i] : nullptr);
  }
}

/// True: the hart stands still.
bool Server::stopped(unsigned hart, riscv::RunEnd end) {
  // A step into WFI ends there, though the hart goes on waiting.
  const bool stops = end == riscv::RunEnd::debugger ||
                     (end == riscv::RunEnd::waiting && debuggers_[hart].stepping());
  if (!stops || detached_) return false;
  if (resumed_ && !stopped_hart_) {
    stopped_hart_ = hart;
    stop_.notify(sc_core::SC_ZERO_TIME);
  }
  return true;
}

void Server::run() {
  if (!socket_.accept(interrupt_)) return;
  while (talk()) {
    await_stop();
  }
  detached_ = true;
  attach(false);
  for (unsigned i = 0; i < harts(); ++i) board_.hart(i).resume();
}

/// The harts stand still: serves requests until one lets them go on. False: GDB has gone.
bool Server::talk() {
  for (;;) {
    while (const auto incoming = reader_.next()) {
      if (!handle(*incoming)) return false;
      if (resumed_) return true;
    }
    const auto bytes = socket_.receive(true, interrupt_);
    if (!bytes) return false;
    if (bytes->empty() && interrupt_ != nullptr && *interrupt_) return false;
    reader_.feed(*bytes);
  }
}

/// The harts run: until one stops, or GDB interrupts them.
void Server::await_stop() {
  for (unsigned i = 0; i < harts(); ++i) board_.hart(i).resume();
  unsigned signal = Session::trap;
  while (!stopped_hart_) {
    wait(look_interval(), stop_);
    const auto bytes = socket_.receive(false, interrupt_);
    if (!bytes) break;  // gone: `talk` finds out
    reader_.feed(*bytes);
    const auto incoming = reader_.next();
    if (incoming && incoming->kind == Incoming::Kind::interrupt && !stopped_hart_) {
      stopped_hart_ = 0;
      signal = Session::interrupted;
    }
  }
  // All of them: one that waits in the kernel goes no further before it is told to.
  for (HartDebugger& debugger : debuggers_) debugger.halt();
  resumed_ = false;
  reply(session_.stop_reply(stopped_hart_.value_or(0), signal));
  stopped_hart_.reset();
}

/// False: GDB has gone, or wants the run to end.
bool Server::handle(const Incoming& incoming) {
  using enum Incoming::Kind;
  switch (incoming.kind) {
    case interrupt:
      return true;
    case damaged:
      return socket_.send("-");
    case resend:
      return socket_.send(framed(last_reply_));
    case packet:
      break;
  }
  if (acknowledge_ && !socket_.send("+")) return false;
  const Answer answer = session_.answer(incoming.data);
  if (answer.demand != Demand::resume && answer.demand != Demand::kill) reply(answer.text);
  switch (answer.demand) {
    case Demand::none:
      return true;
    case Demand::resume:
      resumed_ = true;
      return true;
    case Demand::no_acknowledgements:
      acknowledge_ = false;
      return true;
    case Demand::detach:
      return false;
    case Demand::kill:
      board_.interrupt();
      return false;
  }
  return true;
}

void Server::reply(std::string_view text) {
  last_reply_ = text;
  socket_.send(framed(text));
}

template <class Visit>
bool Server::each_page(unsigned number, Address va, std::size_t bytes, Visit visit) {
  const page_table_walker::Regime regime = hart(number).control().data_space().regime;
  for (std::size_t done = 0; done < bytes;) {
    const Address at = va + done;
    const std::size_t part = std::min<std::size_t>(bytes - done, page_bytes - at % page_bytes);
    const auto physical = physical_address(
        regime, at, [&](Address address) { return board_.storage().read64(address); });
    if (!physical || !visit(*physical, done, part)) return false;
    done += part;
  }
  return true;
}

bool Server::read_memory(unsigned number, Address va, std::span<std::byte> bytes) {
  return each_page(number, va, bytes.size(),
                   [&](Address physical, std::size_t offset, std::size_t part) {
                     return board_.peek(physical, bytes.subspan(offset, part));
                   });
}

bool Server::write_memory(unsigned number, Address va, std::span<const std::byte> bytes) {
  return each_page(number, va, bytes.size(),
                   [&](Address physical, std::size_t offset, std::size_t part) {
                     return board_.poke(physical, bytes.subspan(offset, part));
                   });
}

std::string Server::monitor(std::string_view command) {
  return command == "statistics" ? statistics_table(statistics_of(board_)) : "";
}

}  // namespace kilburn::gdb
