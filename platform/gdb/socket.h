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

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Waits for a connection; false where `interrupt` was raised meanwhile.
  bool accept(const std::atomic<bool>* interrupt);
  /// What has come in. With `wait`, at least a byte, unless `interrupt` is raised. Nothing: the
  /// connection is closed.
  std::optional<std::string> receive(bool wait, const std::atomic<bool>* interrupt);
  /// False: the connection is closed.
  bool send(std::string_view bytes);
  void close();

 private:
  int listening_ = -1;
  int connection_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace kilburn::gdb
