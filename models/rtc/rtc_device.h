// The real-time clock as the list of devices has it.
#pragma once

#include <string_view>

#include "rtc/rtc.h"

namespace kilburn::rtc {

class RtcModule;

struct RtcDevice {
  static constexpr std::string_view name = "rtc";
  static constexpr std::string_view description = "real-time clock of the board";
  using Config = RtcConfig;
  using Module = RtcModule;
};

}  // namespace kilburn::rtc
