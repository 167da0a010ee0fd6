#include "platform/gdb/socket.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "common/error.h"

namespace kilburn::gdb {

namespace {

constexpr int poll_milliseconds = 100;
constexpr int patience_milliseconds = 1000;  ///< with a GDB that does not hang up

/// False where nothing comes in time.
bool wait_for_input(int descriptor, int milliseconds) {
  pollfd input{descriptor, POLLIN, 0};
  return poll(&input, 1, milliseconds) > 0;
}

/// False where `interrupt` was raised before something came.
bool wait_for_input(int descriptor, const std::atomic<bool>& interrupt) {
  while (!wait_for_input(descriptor, poll_milliseconds)) {
    if (interrupt.load(std::memory_order_relaxed)) return false;
  }
  return true;
}

}  // namespace

Socket::Socket(std::uint16_t port) : listening_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (listening_ < 0) throw std::system_error(errno, std::generic_category(), "socket");
  const int on = 1;
  setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listening_, any, sizeof address) != 0 || listen(listening_, 1) != 0) {
    const std::string why = std::generic_category().message(errno);
    ::close(listening_);
    throw InputError(fmt::format("--gdb {}: {}: allowed is a free TCP port", port, why));
  }
  socklen_t length = sizeof address;
  getsockname(listening_, any, &length);
  port_ = ntohs(address.sin_port);
}

Socket::~Socket() {
  close();
  ::close(listening_);
}

bool Socket::accept(const std::atomic<bool>& interrupt) {
  while (!connected()) {
    if (!wait_for_input(listening_, interrupt)) return false;
    accept_if_there();
  }
  return true;
}

bool Socket::accept_if_there() {
  if (!wait_for_input(listening_, 0)) return false;
  connection_ = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
  const int on = 1;
  if (connected()) setsockopt(connection_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return connected();
}

std::optional<std::string> Socket::receive(const std::atomic<bool>& interrupt) {
  if (connected() && !wait_for_input(connection_, interrupt)) return "";
  return receive_if_there();
}

std::optional<std::string> Socket::receive_if_there() {
  if (!connected()) return std::nullopt;
  std::array<char, 4096> buffer{};
  const ssize_t got = recv(connection_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (got > 0) return std::string(buffer.data(), static_cast<std::size_t>(got));
  if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) return "";
  close();
  return std::nullopt;
}

bool Socket::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void Socket::hang_up() {
  if (!connected()) return;
  // A connection that is closed with input unread is reset, and may lose what was sent last.
  shutdown(connection_, SHUT_WR);
  while (wait_for_input(connection_, patience_milliseconds) && receive_if_there()) {
  }
  close();
}

void Socket::close() {
  if (connection_ >= 0) ::close(connection_);
  connection_ = -1;
}

}  // namespace kilburn::gdb
