// What a node has for the devices that are built into it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "common/clock.h"
#include "common/context_numbers.h"
#include "common/interrupt_line.h"
#include "common/invalidation.h"
#include "common/ownership.h"
#include "common/page_table.h"
#include "common/timebase.h"
#include "common/types.h"
#include "device/board_parameters.h"
#include "device/byte_sink.h"
#include "device/end.h"
#include "dma/ats.h"
#include "dma/dma_port.h"
#include "mmu/translation_service.h"

namespace kilburn::device {

/// What a device that translates for others needs of the node.
struct TranslatedPath {
  mmu::TranslationService& service;
  Invalidator& invalidator;
  OwnershipCheck* ownership;  ///< null: no RMU is fitted
  DeviceContexts contexts;    ///< VMIDs that no hart has
  PagingMode largest_mode;    ///< that the walker is built for
  std::uint32_t invalidation_cycles;
  std::function<void(InvalidationHolder&)> add_holder;
  /// Binds the socket to the interconnect: its accesses are not checked.
  std::function<void(tlm::tlm_initiator_socket<>&)> connect;
};

/// What a device that translates for others has for them; null: there is none.
struct TranslatingDevice {
  dma::Translator* translator = nullptr;
  dma::TranslationAgent* agent = nullptr;        ///< whom PCI Express functions ask (ATS)
  std::function<void(dma::AtsPort*)> connect{};  ///< the way of its messages to functions
};

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
  /// The same for what goes through a translating device.
  std::function<dma::DmaPort&(const char* name, dma::Translator& translator)> translated_port{};
  const TranslatedPath* path = nullptr;
  TranslatingDevice iommu{};  ///< set by it, so that those behind it come later in the list
};

}  // namespace kilburn::device
