// Signals of a waveform, in the groups in which a viewer shows them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kilburn {

/// Of an enumeration: the names of its values from 0 on; empty names stand for values that it has
/// not. Lives as long as the program.
struct ValueNames {
  std::string_view title;
  std::span<const std::string_view> names;
};

struct WaveformSignal {
  std::string path;  ///< as in the waveform, with dots and, where it is a vector, [high:0]
  enum class Format : std::uint8_t { binary, hexadecimal, decimal } format = Format::hexadecimal;
  const ValueNames* names = nullptr;  ///< shown in place of the numbers; the format is decimal then
};
struct WaveformGroup {
  std::string name;
  std::vector<WaveformSignal> signals;
};

namespace detail {
inline constexpr std::string_view accesses[] = {"fetch", "load", "store"};
inline constexpr std::string_view privileges[] = {"user", "supervisor", "", "machine"};
inline constexpr std::string_view faults[] = {"none", "page_fault", "guest_page_fault",
                                              "access_fault"};
}  // namespace detail

/// Of Access, Privilege and Fault.
inline constexpr ValueNames access_names{"access", detail::accesses};
inline constexpr ValueNames privilege_names{"mode", detail::privileges};
inline constexpr ValueNames fault_names{"fault", detail::faults};

}  // namespace kilburn
