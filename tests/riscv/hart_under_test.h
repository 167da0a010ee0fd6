// What the tests of control and status registers share: a hart's state, and short ways to drive it.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "riscv/csr/control_state.h"
#include "riscv/csr/csr_table.h"

namespace kilburn::riscv {

inline constexpr Mode m_mode{Privilege::machine, false};
inline constexpr Mode s_mode{Privilege::supervisor, false};  ///< HS
inline constexpr Mode u_mode{Privilege::user, false};
inline constexpr Mode vs_mode{Privilege::supervisor, true};
inline constexpr Mode vu_mode{Privilege::user, true};
inline constexpr Mode all_modes[] = {m_mode, s_mode, u_mode, vs_mode, vu_mode};

inline std::string name_of(Mode mode) {
  if (mode == m_mode) return "M";
  if (mode == s_mode) return "S";
  if (mode == u_mode) return "U";
  return mode == vs_mode ? "VS" : "VU";
}

inline constexpr std::uint64_t one = 1;

class HartUnderTest {
 public:
  explicit HartUnderTest(const HartConfig& config = {}, unsigned hart = 0) : state(config, hart) {}

  ControlState state;
  CounterValues now{};

  static std::uint16_t number(std::string_view name) {
    const auto found = csr_number(name);
    if (!found) throw std::invalid_argument("no CSR " + std::string(name));
    return *found;
  }
  /// As a debugger, whatever the mode.
  [[nodiscard]] std::uint64_t get(std::string_view name) const {
    return state.peek(number(name), now).value();
  }
  void set(std::string_view name, std::uint64_t value) {
    if (!state.poke(number(name), value, now)) throw std::logic_error("read-only");
  }
  void set_bits(std::string_view name, std::uint64_t bits) { set(name, get(name) | bits); }
  void clear_bits(std::string_view name, std::uint64_t bits) { set(name, get(name) & ~bits); }

  /// As instructions.
  CsrResult read(std::string_view name) {
    return state.access({number(name), CsrOperation::set, 0, true, false}, now);
  }
  CsrResult write(std::string_view name, std::uint64_t value) {
    return state.access({number(name), CsrOperation::write, value, false, true}, now);
  }
  CsrResult set_with(std::string_view name, std::uint64_t value) {
    return state.access({number(name), CsrOperation::set, value, true, true}, now);
  }
  CsrResult clear_with(std::string_view name, std::uint64_t value) {
    return state.access({number(name), CsrOperation::clear, value, true, true}, now);
  }

  /// By MRET from machine mode, as software does; other fields of mstatus stay.
  void enter(Mode mode) {
    if (state.mode() != m_mode) {
      const std::uint64_t medeleg = get("medeleg");
      set("medeleg", 0);
      const std::uint64_t mie = get("mstatus") >> 3 & 1;
      state.trap({Cause::breakpoint}, 0);
      set("mstatus", (get("mstatus") & ~(one << 3)) | mie << 3);
      set("medeleg", medeleg);
    }
    const std::uint64_t mie = get("mstatus") >> 3 & 1;
    const std::uint64_t mprv = get("mstatus") & one << 17;
    std::uint64_t status = get("mstatus") & ~(std::uint64_t{3} << 11 | one << 39 | one << 7);
    status |= static_cast<std::uint64_t>(mode.privilege) << 11 | mie << 7;
    if (mode.virtualised) status |= one << 39;
    set("mstatus", status);
    state.mret();
    if (mode == m_mode) set_bits("mstatus", mprv);
  }
};

}  // namespace kilburn::riscv
