// The other end of the board's UART.
#pragma once

#include <cstdint>
#include <optional>

#include "device/byte_sink.h"

namespace kilburn::host {

/// Where the console's bytes go and come from.
class Console : public device::ByteSink {
 public:
  /// The next byte for the guest, if there is one now.
  virtual std::optional<std::uint8_t> get() = 0;
  /// None will ever come.
  [[nodiscard]] virtual bool ended() const = 0;
};

}  // namespace kilburn::host
