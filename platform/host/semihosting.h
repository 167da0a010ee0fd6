// Semihosting: calls of a program to its debugger, here to the board, for console, clock and end.
// Source: Semihosting for AArch32 and AArch64 (2023Q3), which RISC-V Semihosting 0.4 refers to.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "common/types.h"
#include "platform/host/run_outcome.h"

namespace kilburn::host {

/// What a call needs of the board.
class SemihostingHost {
 public:
  virtual ~SemihostingHost() = default;
  /// Memory as the calling hart sees it. False: not all of it is mapped memory.
  virtual bool read(Address va, std::span<std::byte> bytes) = 0;
  virtual void put(std::uint8_t byte) = 0;
  /// Waits for a byte; nothing: none will ever come.
  virtual std::optional<std::uint8_t> get() = 0;
  [[nodiscard]] virtual std::uint64_t nanoseconds() const = 0;    ///< simulated
  [[nodiscard]] virtual std::uint64_t epoch_seconds() const = 0;  ///< since 1970-01-01 00:00 UTC
};

/// Modelled, of programs of 64 bits: the end of the run, the console by character, string and
/// handle (":tt"), clock, time, errno. Any other call, a file of the host among them, answers -1.
class Semihosting {
 public:
  struct Reply {
    std::uint64_t result = 0;  ///< a0
    std::optional<RunOutcome> end{};
  };
  [[nodiscard]] Reply call(std::uint64_t operation, std::uint64_t parameter, SemihostingHost& host);

 private:
  static constexpr unsigned handles = 4;  ///< 1: output, 2: output of errors, 3: input

  std::uint64_t serve(std::uint64_t operation, std::uint64_t parameter, SemihostingHost& host);
  std::uint64_t fail(int error);
  std::uint64_t open(Address block, SemihostingHost& host);
  std::uint64_t write(Address block, SemihostingHost& host);
  std::uint64_t write_string(Address from, SemihostingHost& host);
  /// Of the handle in the block at `block`; answers with `result` where it is open.
  std::uint64_t with_handle(Address block, SemihostingHost& host, std::uint64_t result);
  [[nodiscard]] bool is_open(std::uint64_t handle) const {
    return handle < handles && open_.at(handle);
  }

  std::array<bool, handles> open_{};
  int error_ = 0;
};

}  // namespace kilburn::host
