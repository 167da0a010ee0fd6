#include "platform/host/htif.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace kilburn::host {

namespace {

constexpr unsigned system_device = 0;
constexpr unsigned console_device = 1;
constexpr unsigned console_write = 1;
constexpr unsigned no_device = 0xFF;  ///< of a negative exit code, which reaches the upper bits
constexpr std::uint64_t payload_mask = (std::uint64_t{1} << 48) - 1;

// System calls and error numbers of RISC-V Linux.
constexpr std::uint64_t call_write = 64;
constexpr std::uint64_t call_exit = 93;
constexpr std::int64_t bad_descriptor = 9;
constexpr std::int64_t bad_address = 14;
constexpr std::int64_t no_such_call = 38;

RunOutcome stuck(std::string message) {
  return {.kind = RunOutcome::Kind::stuck, .code = 0, .message = std::move(message)};
}

RunOutcome exited(std::uint64_t code, std::string message) {
  using enum RunOutcome::Kind;
  if (code == 0) return {.kind = passed, .code = 0, .message = {}};
  return {.kind = failed, .code = static_cast<unsigned>(code), .message = std::move(message)};
}

}  // namespace

Htif::Htif(Words words, HostMemory memory, uart::ByteSink& console)
    : words_(words), memory_(std::move(memory)), console_(console) {}

std::optional<RunOutcome> Htif::stored() {
  standing_ = 0;
  answer();
  const std::uint64_t value = word(words_.tohost);
  return value == 0 ? std::nullopt : serve(value);
}

std::optional<RunOutcome> Htif::look() {
  const std::uint64_t value = word(words_.tohost);
  if (value != 0 && value == standing_) return stored();
  standing_ = value;
  answer();
  return std::nullopt;
}

std::optional<RunOutcome> Htif::serve(std::uint64_t value) {
  const auto device = static_cast<unsigned>(value >> 56);
  const auto command = static_cast<unsigned>(value >> 48 & 0xFF);
  const bool system = device == system_device && command == 0;
  if (value % 2 != 0 && (system || device == no_device)) {
    const std::uint64_t code = value >> 1;
    return exited(code,
                  fmt::format("tohost {:#x}: test {} where it is one of riscv-tests", value, code));
  }
  set_word(words_.tohost, 0);
  if (system) return system_call(value & payload_mask);
  if (device == console_device && command == console_write) {
    console_.put(static_cast<std::uint8_t>(value));
    return std::nullopt;
  }
  return stuck(
      fmt::format("tohost {:#x}: device {}, command {}: allowed is device 0, command 0 "
                  "(end, system calls), and device 1, command 1 (console)",
                  value, device, command));
}

/// Eight words: the call's number, which its result replaces, and its arguments.
std::optional<RunOutcome> Htif::system_call(Address block) {
  std::array<std::uint64_t, 8> words{};
  if (!words_.fromhost) {
    return stuck(fmt::format("tohost {:#x}: a system call, but no symbol fromhost", block));
  }
  if (!memory_.read(block, std::as_writable_bytes(std::span(words)))) {
    return stuck(fmt::format("tohost {:#x}: a system call where there is no memory", block));
  }
  if (words[0] == call_exit) {
    return exited(words[1] & 0xFFFF'FFFF, "system call exit");
  }
  set_word(block, words[0] == call_write ? print(words[1], words[2], words[3])
                                         : static_cast<std::uint64_t>(-no_such_call));
  answers_.push_back(1);
  answer();
  return std::nullopt;
}

/// The result of the system call `write`.
std::uint64_t Htif::print(std::uint64_t descriptor, Address from, std::uint64_t bytes) {
  constexpr std::uint64_t standard_output = 1;
  constexpr std::uint64_t standard_error = 2;
  if (descriptor != standard_output && descriptor != standard_error) {
    return static_cast<std::uint64_t>(-bad_descriptor);
  }
  std::array<std::byte, 256> part{};
  for (std::uint64_t done = 0; done < bytes;) {
    const std::span now(part.data(), std::min<std::uint64_t>(part.size(), bytes - done));
    if (!memory_.read(from + done, now)) return static_cast<std::uint64_t>(-bad_address);
    for (const std::byte byte : now) console_.put(static_cast<std::uint8_t>(byte));
    done += now.size();
  }
  return bytes;
}

/// One at a time: the program clears fromhost when it has seen it.
void Htif::answer() {
  if (answers_.empty() || word(*words_.fromhost) != 0) return;
  set_word(*words_.fromhost, answers_.front());
  answers_.pop_front();
}

std::uint64_t Htif::word(Address address) const {
  std::uint64_t value = 0;
  memory_.read(address, std::as_writable_bytes(std::span(&value, 1)));
  return value;
}

void Htif::set_word(Address address, std::uint64_t value) const {
  memory_.write(address, std::as_bytes(std::span(&value, 1)));
}

}  // namespace kilburn::host
