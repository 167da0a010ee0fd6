// GDB's remote protocol on a TCP port, beside a running board.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <systemc>
#include <vector>

#include "platform/board/board.h"
#include "platform/gdb/packet.h"
#include "platform/gdb/session.h"
#include "platform/gdb/socket.h"
#include "platform/gdb/target.h"

namespace kilburn::gdb {

/// The run does not begin before GDB has connected. While the harts stand still for GDB, simulated
/// time stands still, too; while they run, what comes in from GDB is looked at every 20
/// microseconds of simulated time. Harts run ahead of each other within a quantum: where one stops,
/// another may have gone on to the quantum's end. Without a connection (after `detach`, or where
/// GDB has gone) the harts run on at full speed, and GDB may connect again.
///
/// A hart that is stuck, or harts that all wait for an interrupt that cannot come, end the run only
/// when GDB lets them go on: first it may look at them.
class Server final : public sc_core::sc_module, private Target {
 public:
  /// Throws InputError where the port is in use.
  Server(const sc_core::sc_module_name& name, board::Board& board, std::uint16_t port,
         const std::atomic<bool>& interrupt);

  [[nodiscard]] std::uint16_t port() const { return socket_.port(); }
  /// The run has ended, with this exit status: GDB, where it waits for a stop, is told.
  void finish(int status);

 private:
  struct Stop {
    unsigned hart;
    unsigned signal;
  };

  void run();
  void begin_session();
  void end_session();
  bool talk();
  void run_harts();
  void stop_on_interrupt();
  bool handle(const Incoming& incoming);
  void reply(std::string_view text);
  void show(std::string_view text);
  void report(const Stop& stop);
  bool stands_still(unsigned hart, riscv::RunEnd end);
  bool postpones(const host::RunOutcome& outcome);

  [[nodiscard]] unsigned harts() const override { return board_.harts(); }
  [[nodiscard]] riscv::Hart& hart(unsigned number) override { return board_.hart(number).hart(); }
  [[nodiscard]] HartDebugger& debugger(unsigned number) override { return debuggers_[number]; }
  bool read_memory(unsigned number, Address va, std::span<std::byte> bytes) override;
  bool write_memory(unsigned number, Address va, std::span<const std::byte> bytes) override;
  std::string monitor(std::string_view command) override;
  /// Calls `visit(physical, offset, bytes)` for each page's part; false as soon as it is.
  template <class Visit>
  bool each_page(unsigned number, Address va, std::size_t bytes, Visit visit);

  board::Board& board_;
  const std::atomic<bool>& interrupt_;
  Socket socket_;
  std::vector<HartDebugger> debuggers_;
  // Of the connection.
  PacketReader reader_;
  std::optional<Session> session_;
  std::string last_reply_;
  bool acknowledge_ = true;
  bool resumed_ = false;  ///< GDB waits for a stop reply
  // Of the stop that GDB is told of next.
  std::optional<Stop> stop_;
  sc_core::sc_event stopped_;
  bool postponed_ = false;  ///< the last stop was in place of the run's end
};

}  // namespace kilburn::gdb
