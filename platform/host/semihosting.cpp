#include "platform/host/semihosting.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace kilburn::host {

namespace {

constexpr std::uint64_t sys_open = 0x01;
constexpr std::uint64_t sys_close = 0x02;
constexpr std::uint64_t sys_writec = 0x03;
constexpr std::uint64_t sys_write0 = 0x04;
constexpr std::uint64_t sys_write = 0x05;
constexpr std::uint64_t sys_readc = 0x07;
constexpr std::uint64_t sys_istty = 0x09;
constexpr std::uint64_t sys_flen = 0x0C;
constexpr std::uint64_t sys_clock = 0x10;
constexpr std::uint64_t sys_time = 0x11;
constexpr std::uint64_t sys_errno = 0x13;
constexpr std::uint64_t sys_exit = 0x18;
constexpr std::uint64_t sys_exit_extended = 0x20;

constexpr std::uint64_t stopped_by_exit = 0x20026;  ///< ADP_Stopped_ApplicationExit
constexpr std::uint64_t minus_one = ~std::uint64_t{0};

// Linux's error numbers.
constexpr int no_entry = 2;
constexpr int bad_descriptor = 9;
constexpr int bad_address = 14;
constexpr int invalid = 22;
constexpr int no_such_call = 38;

template <std::size_t count>
std::optional<std::array<std::uint64_t, count>> words(Address block, SemihostingHost& host) {
  std::array<std::uint64_t, count> values{};
  if (!host.read(block, std::as_writable_bytes(std::span(values)))) return std::nullopt;
  return values;
}

/// Reason and code; any reason but the program's own exit is a failure.
RunOutcome end_of(Address block, SemihostingHost& host) {
  using enum RunOutcome::Kind;
  const auto arguments = words<2>(block, host);
  if (!arguments) {
    return {.kind = failed, .code = 1, .message = "semihosting exit without readable arguments"};
  }
  const auto [reason, code] = *arguments;
  if (reason != stopped_by_exit) {
    return {.kind = failed, .code = 1, .message = fmt::format("semihosting reason {:#x}", reason)};
  }
  if (code == 0) return {.kind = passed, .code = 0, .message = {}};
  return {.kind = failed, .code = static_cast<unsigned>(code), .message = {}};
}

}  // namespace

Semihosting::Reply Semihosting::call(std::uint64_t operation, std::uint64_t parameter,
                                     SemihostingHost& host) {
  if (operation == sys_exit || operation == sys_exit_extended) {
    return {.result = 0, .end = end_of(parameter, host)};
  }
  return {.result = serve(operation, parameter, host)};
}

std::uint64_t Semihosting::serve(std::uint64_t operation, std::uint64_t parameter,
                                 SemihostingHost& host) {
  constexpr std::uint64_t nanoseconds_of_clock = 10'000'000;  // SYS_CLOCK counts hundredths
  switch (operation) {
    case sys_open:
      return open(parameter, host);
    case sys_close: {
      const std::uint64_t result = with_handle(parameter, host, 0);
      if (result == 0) open_.at(words<1>(parameter, host)->front()) = false;
      return result;
    }
    case sys_writec: {
      std::byte byte{};
      if (!host.read(parameter, {&byte, 1})) return fail(bad_address);
      host.put(static_cast<std::uint8_t>(byte));
      return 0;
    }
    case sys_write0:
      return write_string(parameter, host);
    case sys_write:
      return write(parameter, host);
    case sys_readc: {
      const auto byte = host.get();
      return byte ? *byte : minus_one;
    }
    case sys_istty:
      return with_handle(parameter, host, 1);
    case sys_flen:  // a console has no length
      return with_handle(parameter, host, 0) == 0 ? fail(invalid) : minus_one;
    case sys_clock:
      return host.nanoseconds() / nanoseconds_of_clock;
    case sys_time:
      return host.epoch_seconds();
    case sys_errno:
      return static_cast<std::uint64_t>(error_);
    default:
      return fail(no_such_call);
  }
}

std::uint64_t Semihosting::fail(int error) {
  error_ = error;
  return minus_one;
}

std::uint64_t Semihosting::with_handle(Address block, SemihostingHost& host, std::uint64_t result) {
  const auto arguments = words<1>(block, host);
  if (!arguments) return fail(bad_address);
  return is_open(arguments->front()) ? result : fail(bad_descriptor);
}

/// Name, mode as of fopen (0 to 3 read, 4 to 7 write, 8 to 11 append), length of the name.
std::uint64_t Semihosting::open(Address block, SemihostingHost& host) {
  constexpr std::string_view console = ":tt";
  constexpr std::uint64_t modes_a_kind = 4;
  constexpr std::array<std::uint64_t, 3> handle_of_kind{3, 1, 2};
  const auto arguments = words<3>(block, host);
  if (!arguments) return fail(bad_address);
  const auto [name, mode, length] = *arguments;
  if (mode >= modes_a_kind * handle_of_kind.size()) return fail(invalid);
  if (length != console.size()) return fail(no_entry);
  std::string text(console.size(), '\0');
  if (!host.read(name, std::as_writable_bytes(std::span(text)))) return fail(bad_address);
  if (text != console) return fail(no_entry);
  const std::uint64_t handle = handle_of_kind.at(mode / modes_a_kind);
  open_.at(handle) = true;
  return handle;
}

/// Handle, first byte, bytes. Answers with the bytes that have not been written.
std::uint64_t Semihosting::write(Address block, SemihostingHost& host) {
  constexpr std::uint64_t input = 3;
  const auto arguments = words<3>(block, host);
  if (!arguments) return fail(bad_address);
  const auto [handle, from, bytes] = *arguments;
  if (!is_open(handle) || handle == input) {
    error_ = bad_descriptor;
    return bytes;
  }
  std::array<std::byte, 256> part{};
  for (std::uint64_t done = 0; done < bytes;) {
    const std::span now(part.data(), std::min<std::uint64_t>(part.size(), bytes - done));
    if (!host.read(from + done, now)) {
      error_ = bad_address;
      return bytes - done;
    }
    for (const std::byte byte : now) host.put(static_cast<std::uint8_t>(byte));
    done += now.size();
  }
  return 0;
}

std::uint64_t Semihosting::write_string(Address from, SemihostingHost& host) {
  for (;; ++from) {
    std::byte byte{};
    if (!host.read(from, {&byte, 1})) return fail(bad_address);
    if (byte == std::byte{0}) return 0;
    host.put(static_cast<std::uint8_t>(byte));
  }
}

}  // namespace kilburn::host
