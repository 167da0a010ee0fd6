#include "platform/gdb/server.h"

#include <fmt/format.h>

#include <algorithm>

#include "page_table_walker/software_walk.h"
#include "platform/configuration/statistic_writers.h"

namespace kilburn::gdb {

namespace {

constexpr double input_interval = 20;        ///< microseconds between looks at what GDB sends
constexpr double connection_interval = 100;  ///< and at whether it has connected again
constexpr std::size_t most_shown = 1024;     ///< characters in one packet

/// Of registers or memory: what would have ended the run need not do so any more.
bool writes(std::string_view request) {
  return !request.empty() &&
         std::string_view("GPMX").find(request.front()) != std::string_view::npos;
}

void wait_microseconds(double time) {
  sc_core::wait(time, sc_core::SC_US);
}

}  // namespace

Server::Server(const sc_core::sc_module_name& name, board::Board& board, std::uint16_t port,
               const std::atomic<bool>& interrupt)
    : sc_module(name),
      board_(board),
      interrupt_(interrupt),
      socket_(port),
      debuggers_(board.harts()) {
  begin_session();
  for (unsigned i = 0; i < board.harts(); ++i) {
    board.hart(i).watch([this, i](riscv::RunEnd end) { return stands_still(i, end); });
  }
  board.before_end([this](const host::RunOutcome& outcome) { return postpones(outcome); });
  sc_core::sc_spawn([this] { run(); }, "run");
}

void Server::run() {
  if (!socket_.accept(interrupt_)) {
    board_.interrupt();
    return;
  }
  for (;;) {
    while (talk()) run_harts();
    end_session();
    while (!socket_.accept_if_there()) wait_microseconds(connection_interval);
    begin_session();
  }
}

/// GDB has connected: the harts stop.
void Server::begin_session() {
  reader_ = {};
  session_.emplace(static_cast<Target&>(*this));
  acknowledge_ = true;
  for (unsigned i = 0; i < harts(); ++i) {
    debuggers_[i].halt();
    board_.hart(i).attach(&debuggers_[i]);
    board_.hart(i).hold();
  }
}

/// GDB has gone: the harts go on.
void Server::end_session() {
  socket_.close();
  resumed_ = false;
  stop_.reset();
  for (unsigned i = 0; i < harts(); ++i) {
    debuggers_[i].clear();
    debuggers_[i].resume(false);
    board_.hart(i).attach(nullptr);
    board_.hart(i).resume();
  }
}

/// The harts stand still: serves requests until one lets them go on. False: GDB has gone, or the
/// run is to end.
bool Server::talk() {
  for (;;) {
    while (const auto incoming = reader_.next()) {
      if (!handle(*incoming)) return false;
      if (resumed_) return true;
    }
    const auto bytes = socket_.receive(interrupt_);
    if (!bytes) return false;
    if (bytes->empty() && interrupt_) {
      board_.interrupt();
      return false;
    }
    reader_.feed(*bytes);
  }
}

/// Those that GDB has let go, until one stops, or GDB interrupts them, or has gone.
void Server::run_harts() {
  // A hart whose access was watched, while GDB was told of another's stop, goes no further.
  for (unsigned i = 0; i < harts(); ++i) {
    if (!debuggers_[i].halted() && debuggers_[i].hit()) report({i, Session::trap});
  }
  for (unsigned i = 0; i < harts() && !stop_; ++i) {
    if (!debuggers_[i].halted()) board_.hart(i).resume();
  }
  while (!stop_ && socket_.connected()) {
    wait(sc_core::sc_time(input_interval, sc_core::SC_US), stopped_);
    stop_on_interrupt();
  }
  for (unsigned i = 0; i < harts(); ++i) {
    debuggers_[i].halt();
    board_.hart(i).hold();
  }
  resumed_ = false;
  if (stop_) reply(session_->stop_reply(stop_->hart, stop_->signal));
  stop_.reset();
}

/// Nothing but an interrupt means anything while the harts run.
void Server::stop_on_interrupt() {
  const auto bytes = socket_.receive_if_there();
  if (!bytes) return;
  reader_.feed(*bytes);
  while (const auto incoming = reader_.next()) {
    if (incoming->kind != Incoming::Kind::interrupt) continue;
    unsigned hart = session_->current();
    for (unsigned i = 0; debuggers_[hart].halted() && i < harts(); ++i) hart = i;
    report({hart, Session::interrupted});
    return;  // what follows is for `talk`
  }
}

/// The first stop counts. Of the others, harts that stand at a breakpoint stop there again when
/// they are resumed, and hits of watchpoints are kept.
void Server::report(const Stop& stop) {
  if (stop_) return;
  stop_ = stop;
  postponed_ = false;
  stopped_.notify(sc_core::SC_ZERO_TIME);
}

bool Server::stands_still(unsigned hart, riscv::RunEnd end) {
  const HartDebugger& debugger = debuggers_[hart];
  // A step into WFI ends behind it. One from there ends behind the instruction that follows.
  const bool stops =
      end == riscv::RunEnd::debugger || (end == riscv::RunEnd::waiting && debugger.step_done());
  if (!stops || !resumed_) return debugger.halted();
  if (!debugger.halted()) report({hart, Session::trap});
  return true;
}

/// True: the run does not end yet.
bool Server::postpones(const host::RunOutcome& outcome) {
  using Kind = host::RunOutcome::Kind;
  if (!resumed_ || postponed_ || (outcome.kind != Kind::stuck && outcome.kind != Kind::idle)) {
    return false;
  }
  if (stop_) return true;  // it comes again when the harts go on
  Stop stop{session_->current(), Session::interrupted};
  if (outcome.kind == Kind::stuck) {
    unsigned number = 0;
    while (!hart(number).failure()) ++number;
    stop = {number, Session::stuck};
    show(outcome.message + "\n");
  } else {
    show("every hart waits for an interrupt that cannot come\n");
  }
  report(stop);
  postponed_ = true;
  return true;
}

void Server::finish(int status) {
  if (resumed_) reply(fmt::format("W{:02x}", static_cast<unsigned>(status) & 0xFF));
  resumed_ = false;
  socket_.hang_up();
}

/// False: GDB goes, or wants the run to end.
bool Server::handle(const Incoming& incoming) {
  using enum Incoming::Kind;
  switch (incoming.kind) {
    case interrupt:
      return true;
    case damaged:
      return !acknowledge_ || socket_.send("-");
    case resend:
      return !acknowledge_ || socket_.send(framed(last_reply_));
    case packet:
      break;
  }
  if (acknowledge_ && !socket_.send("+")) return false;
  const Answer answer = session_->answer(incoming.data);
  if (writes(incoming.data)) postponed_ = false;
  show(answer.console);
  const bool later = answer.demand == Demand::resume;
  if (!later && (answer.demand != Demand::kill || !answer.text.empty())) reply(answer.text);
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
  socket_.send(framed(text));  // where GDB has gone, the next receive tells
}

/// On GDB's console.
void Server::show(std::string_view text) {
  for (; !text.empty(); text.remove_prefix(std::min(most_shown, text.size()))) {
    reply(fmt::format("O{}", to_hex(std::as_bytes(std::span(text.substr(0, most_shown))))));
  }
}

template <class Visit>
bool Server::each_page(unsigned number, Address va, std::size_t bytes, Visit visit) {
  const page_table_walker::Regime regime = hart(number).control().data_space().regime;
  const auto& walker = board_.config().mmu.service.walker;
  for (std::size_t done = 0; done < bytes;) {
    const Address at = va + done;
    const std::size_t part = std::min<std::size_t>(bytes - done, page_bytes - at % page_bytes);
    const auto physical =
        physical_address(regime, {.svnapot = walker.svnapot, .svpbmt = walker.svpbmt}, at,
                         [&](Address address) { return board_.storage().read64(address); });
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
