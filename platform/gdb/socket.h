// The TCP port on which GDB connects.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kilburn::gdb {

/// One connection at a time, on the loopback interface only: whoever can connect controls the run.
class Socket {
 public:
  /// Listens. 0: any free port. Throws InputError naming the port where it is in use.
  explicit Socket(std::uint16_t port);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  Socket(Socket&&) = delete;
  Socket& operator=(Socket&&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] bool connected() const { return connection_ >= 0; }
  /// Waits for a connection; false where `interrupt` was raised meanwhile.
  bool accept(const std::atomic<bool>& interrupt);
  /// Without waiting; false where nobody connects.
  bool accept_if_there();
  /// At least a byte, or nothing in it where `interrupt` was raised meanwhile. Nothing: the
  /// connection is closed.
  std::optional<std::string> receive(const std::atomic<bool>& interrupt);
  /// What has come in, without waiting.
  std::optional<std::string> receive_if_there();
  /// False: the connection is closed.
  bool send(std::string_view bytes) const;
  /// Closes the connection once the other side has read everything, or takes too long.
  void hang_up();
  void close();

 private:
  int listening_ = -1;
  int connection_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace kilburn::gdb
