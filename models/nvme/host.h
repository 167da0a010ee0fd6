// What an NVM Express controller sees of its host: memory by queue and address, and interrupts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/typed_address.h"
#include "ftl/media.h"

namespace kilburn::nvme {

using ftl::Nanoseconds;
using QueueId = std::uint16_t;

/// On whose behalf memory is accessed: translations are kept by queue. Data and PRP lists belong to
/// their submission queue.
struct HostQueue {
  QueueId id = 0;
  bool completion = false;
  [[nodiscard]] std::uint32_t number() const { return 2U * id + (completion ? 1 : 0); }
};

struct HostReply {
  bool ok = true;
  Nanoseconds latency = 0;
};

class HostMemory {
 public:
  virtual ~HostMemory() = default;
  /// Either may let other processes of the simulation run; those may write registers.
  virtual HostReply read(HostQueue queue, IoVirtualAddress from, std::span<std::byte> to,
                         Nanoseconds now) = 0;
  virtual HostReply write(HostQueue queue, IoVirtualAddress to, std::span<const std::byte> from,
                          Nanoseconds now) = 0;
  /// The queue's own memory, whose translations stay until it ends.
  virtual void begin_queue(HostQueue queue, IoVirtualAddress base, std::uint64_t bytes) = 0;
  virtual void end_queue(HostQueue queue) = 0;
};

class HostInterrupts {
 public:
  virtual ~HostInterrupts() = default;
  /// Vectors that software may name: those of MSI-X where it is on, else 1.
  [[nodiscard]] virtual unsigned vectors() const = 0;
  [[nodiscard]] virtual bool uses_messages() const = 0;
  virtual void raise(unsigned vector, Nanoseconds now) = 0;
  virtual void set_pin(bool level) = 0;
};

}  // namespace kilburn::nvme
