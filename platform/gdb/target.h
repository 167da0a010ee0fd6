// What a debugger controls.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "platform/gdb/hart_debugger.h"
#include "riscv/execute/hart.h"

namespace kilburn::gdb {

/// Harts that stand still while they are looked at.
class Target {
 public:
  virtual ~Target() = default;
  [[nodiscard]] virtual unsigned harts() const = 0;
  [[nodiscard]] virtual riscv::Hart& hart(unsigned number) = 0;
  [[nodiscard]] virtual HartDebugger& debugger(unsigned number) = 0;
  /// Virtual memory of a hart, as its loads and stores see it now. False: something of it is not
  /// there, or a device, which looking at could change.
  virtual bool read_memory(unsigned hart, Address va, std::span<std::byte> bytes) = 0;
  virtual bool write_memory(unsigned hart, Address va, std::span<const std::byte> bytes) = 0;
  /// The answer to `monitor COMMAND`; empty: not known.
  virtual std::string monitor(std::string_view command) = 0;
};

}  // namespace kilburn::gdb
