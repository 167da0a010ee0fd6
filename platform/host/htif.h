// HTIF, the host-target interface: a program's words tohost and fromhost, through which it ends the
// run, prints, and calls the host.
// Source: riscv-isa-sim (fesvr), as riscv-tests and the proxy kernel use it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>

#include "common/types.h"
#include "platform/host/run_outcome.h"
#include "uart/uart.h"

namespace kilburn::host {

/// Physical memory as the host reaches it. False: not all of it is memory.
struct HostMemory {
  std::function<bool(Address, std::span<std::byte>)> read;
  std::function<bool(Address, std::span<const std::byte>)> write;
};

/// Modelled: device 0, whose odd values end the run and whose even ones point at a system call of
/// which `write` to the console and `exit` are served; device 1, command 1: a character for the
/// console. Any other device or command is the end of the run. Not modelled: input (the UART has
/// it), disks. No time passes.
///
///   63    56 55     48 47                     0
///  | device | command |        payload         |     1: passed; 0xb: failed with code 5
class Htif {
 public:
  struct Words {
    Address tohost = 0;  ///< physical
    std::optional<Address> fromhost;
  };
  Htif(Words words, HostMemory memory, uart::ByteSink& console);

  /// The upper half of tohost has been stored: what tohost says is done, and tohost is 0 again.
  /// The end of the run, if that is what it says.
  std::optional<RunOutcome> stored();
  /// Now and then. A program may store tohost's lower half alone: what has stood since the last
  /// look is taken for complete.
  std::optional<RunOutcome> look();

 private:
  std::optional<RunOutcome> serve(std::uint64_t value);
  std::optional<RunOutcome> system_call(Address block);
  std::uint64_t print(std::uint64_t descriptor, Address from, std::uint64_t bytes);
  void answer();
  [[nodiscard]] std::uint64_t word(Address address) const;
  void set_word(Address address, std::uint64_t value) const;

  Words words_;
  HostMemory memory_;
  uart::ByteSink& console_;
  std::uint64_t standing_ = 0;         ///< in tohost at the last look
  std::deque<std::uint64_t> answers_;  ///< for fromhost, as soon as the program has cleared it
};

}  // namespace kilburn::host
