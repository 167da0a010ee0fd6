// A debugging session: GDB's requests and their answers, without the wire.
// Source: GDB manual, appendix E (remote serial protocol).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "platform/gdb/target.h"

namespace kilburn::gdb {

/// What a request asks for beside its answer.
enum class Demand : std::uint8_t {
  none,
  resume,  ///< the harts' debuggers have been told; answer with a stop reply when one stops
  detach,
  kill,
  no_acknowledgements,  ///< from the next packet on
};

struct Answer {
  std::string text;  ///< of `resume` nothing
  Demand demand = Demand::none;
  std::string console{};  ///< to be shown to the user before
};

/// Modelled: all-stop mode, every hart a thread (hart h is thread h + 1), registers, CSRs, virtual
/// memory, software and hardware breakpoints (which are one here), watchpoints, steps. Not
/// modelled: signals to the guest (those of `C` and `S` are dropped), non-stop mode, several
/// processes. Requests that are not known are answered with nothing, as the protocol demands.
/// Malformed ones with E01, memory or registers that are not there with E14.
class Session {
 public:
  explicit Session(Target& target) : target_(target) {}

  Answer answer(std::string_view request);

  /// What GDB is told of a stop: its numbers of signals.
  static constexpr unsigned interrupted = 2;
  static constexpr unsigned trap = 5;
  static constexpr unsigned stuck = 11;  ///< SIGSEGV
  /// Of a stop at `hart`, which becomes the current thread. Takes the hit of a watchpoint.
  [[nodiscard]] std::string stop_reply(unsigned hart, unsigned signal);
  [[nodiscard]] unsigned current() const { return current_; }

 private:
  Answer query(std::string_view request);
  [[nodiscard]] std::string description(std::string_view range) const;
  [[nodiscard]] std::string threads() const;
  Answer monitor(std::string_view hex);
  std::string select(std::string_view request);
  [[nodiscard]] std::string read_registers() const;
  std::string write_registers(std::string_view hex);
  [[nodiscard]] std::string read_one(std::string_view request) const;
  std::string write_one(std::string_view request);
  std::string read_memory(std::string_view request);
  std::string write_memory(std::string_view request, bool binary);
  std::string change_point(std::string_view request, bool add);
  Answer resume(char action, std::string_view address);
  Answer resume_each(std::string_view actions);
  [[nodiscard]] std::optional<unsigned> hart_of(std::string_view thread) const;
  [[nodiscard]] riscv::Hart& hart() const { return target_.hart(current_); }

  Target& target_;
  unsigned current_ = 0;   ///< hart of g, p, m and their like
  unsigned stepping_ = 0;  ///< hart of s
  std::string last_stop_ = "T05thread:1;";
};

}  // namespace kilburn::gdb
