// What a node has for the devices that are built into it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "common/clock.h"
#include "common/interrupt_line.h"
#include "common/timebase.h"
#include "common/types.h"
#include "device/board_parameters.h"
#include "device/byte_sink.h"
#include "device/end.h"
#include "dma/dma_port.h"

namespace kilburn::device {

struct Surroundings {
  BoardParameters board;
  Clock clock;
  std::uint64_t cycles_hz;                ///< of the platform clock
  MachineTime& time;                      ///< mtime
  Cycles register_cycles;                 ///< of a register access
  Address memory_end;                     ///< behind memory and what else lies there
  std::span<InterruptSink* const> harts;  ///< by hart number
  InterruptSink& interrupts;              ///< inputs of the interrupt controller for devices
  ByteSink& console;
  std::function<void(const End&)> end;
  /// A port to memory, for the device's life. `name` shows in its statistics (dma/<name>).
  std::function<dma::DmaPort&(const char* name, const dma::DmaContext& context)> dma_port;
};

}  // namespace kilburn::device
