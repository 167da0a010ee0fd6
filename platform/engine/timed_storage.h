// A level of the memory hierarchy without the kernel: time by mechanisms, bytes from memory.
#pragma once

#include <optional>

#include "common/memory_port.h"
#include "common/traffic.h"
#include "memory/storage.h"

namespace kilburn::platform {

/// The memory port of the walker, or of the RMU.
class TimedStorage : public MemoryPort {
 public:
  explicit TimedStorage(memory::Storage& storage) : storage_(storage) {}

  /// Cycles until an access is answered; empty where there is no memory.
  virtual std::optional<Cycles> access(Address address, std::uint64_t bytes, Traffic traffic,
                                       Cycles now) = 0;

  MemoryReply read(Address address, Cycles now) override;
  LineReply read_line(Address address, Cycles now) override;
  MemoryReply write(Address address, std::uint64_t value, Cycles now) override;
  MemoryReply compare_exchange(Address address, std::uint64_t expected, std::uint64_t desired,
                               Cycles now) override;

 private:
  memory::Storage& storage_;
};

}  // namespace kilburn::platform
