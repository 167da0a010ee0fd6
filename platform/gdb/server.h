// GDB's remote protocol on a TCP port, beside a running board.
#pragma once

#include <atomic>
#include <memory>
#include <systemc>
#include <vector>

#include "platform/board/board.h"
#include "platform/gdb/machine.h"
#include "platform/gdb/packet.h"
#include "platform/gdb/session.h"
#include "platform/gdb/socket.h"

namespace kilburn::gdb {

/// While a hart stands still for GDB, simulated time stands still, too; while the harts run, what
/// comes in from GDB is looked at every 20 microseconds of simulated time. Harts run ahead of each
/// other within a quantum: where one stops, another may have gone on to the quantum's end.
/// Without a connection the run does not begin; after `detach` it goes on without one, at full
/// speed.
class Server final : public sc_core::sc_module, private Machine {
 public:
  /// Throws InputError where the port is in use.
  Server(const sc_core::sc_module_name& name, board::Board& board, std::uint16_t port,
         const std::atomic<bool>* interrupt);

  [[nodiscard]] std::uint16_t port() const { return socket_.port(); }

 private:
  void run();
  void attach(bool attached);
  bool talk();
  void await_stop();
  bool handle(const Incoming& incoming);
  void reply(std::string_view text);
  bool stopped(unsigned hart, riscv::RunEnd end);

  [[nodiscard]] unsigned harts() const override { return board_.harts(); }
  [[nodiscard]] riscv::Hart& hart(unsigned number) override { return board_.hart(number).hart(); }
  [[nodiscard]] HartDebugger& debugger(unsigned number) override { return debuggers_[number]; }
  bool read_memory(unsigned hart, Address va, std::span<std::byte> bytes) override;
  bool write_memory(unsigned hart, Address va, std::span<const std::byte> bytes) override;
  std::string monitor(std::string_view command) override;
  /// Calls `visit(physical, offset, bytes)` for each page's part; false as soon as it is.
  template <class Visit>
  bool each_page(unsigned hart, Address va, std::size_t bytes, Visit visit);

  board::Board& board_;
  const std::atomic<bool>* interrupt_;
  Socket socket_;
  std::vector<HartDebugger> debuggers_;
  PacketReader reader_;
  Session session_;
  std::string last_reply_;
  bool acknowledge_ = true;
  bool resumed_ = false;  ///< GDB waits for a stop reply
  bool detached_ = false;
  sc_core::sc_event stop_;
  std::optional<unsigned> stopped_hart_;
};

}  // namespace kilburn::gdb
