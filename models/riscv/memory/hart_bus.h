// What a hart's physical side is connected to: the platform's memory and devices.
#pragma once

#include <cstdint>

#include "common/invalidation.h"
#include "common/traffic.h"
#include "common/types.h"

namespace kilburn::riscv {

struct BusReply {
  std::uint64_t data = 0;  ///< of a read, zero-extended
  Cycles latency = 0;      ///< from request to reply, waiting included
  bool ok = true;          ///< false: nothing answers there, or it refused
  /// The device may have changed an interrupt line or a timer, or time has to pass elsewhere: the
  /// hart ends its slice after this instruction.
  bool end_slice = false;
};

/// Physical accesses of 1, 2, 4 or 8 bytes at `now`, the hart's local cycle. Those to main memory
/// may have any alignment, those to devices are aligned. Main memory answers with a latency of 0:
/// what it costs is the first-level caches', whose misses are `look_up`. While a call waits, other
/// harts may run.
class HartBus {
 public:
  virtual ~HartBus() = default;
  virtual BusReply read(Address address, unsigned bytes, Cycles now) = 0;
  virtual BusReply write(Address address, std::uint64_t value, unsigned bytes, Cycles now) = 0;
  /// Fetch, load or store of the line at `line` of main memory, which its first-level cache does
  /// not hold, or whose store the level below hears of: the cache's look-up, and what follows.
  /// Cycles from `now` until it has answered. Never called of harts without caches.
  virtual Cycles look_up(Address line, Traffic traffic, Cycles now) = 0;
  /// An ebreak between `slli x0, x0, 0x1f` and `srai x0, x0, 7`: a semihosting call of operation
  /// x10 with parameter x11. True: it has been served, x10 is `result`, and execution goes on
  /// behind; false: it is a breakpoint like any other.
  struct Semihosting {
    bool served = false;
    bool end_slice = false;
    std::uint64_t result = 0;
  };
  virtual Semihosting semihosting(std::uint64_t /*operation*/, std::uint64_t /*parameter*/,
                                  Cycles /*now*/) {
    return {};
  }
};

/// Consulted before each instruction and each data access of a hart that it is attached to; such a
/// hart runs without its fast path, to the same result.
class Debugger {
 public:
  virtual ~Debugger() = default;
  /// True: stop; nothing of the instruction at `pc` has been done.
  virtual bool stop_before(Address pc) = 0;
  /// True: stop after the instruction that made this access, to virtual address `va`.
  virtual bool stop_after_access(Address va, unsigned bytes, Access access) = 0;
};

struct AddressSpace;

/// Shown what a hart that it is attached to does with memory, in program order; such a hart runs
/// without its fast path, to the same result, while there is something to be shown.
class AccessObserver {
 public:
  virtual ~AccessObserver() = default;
  /// Asked before each slice of the hart, in which it makes `most` accesses at the most: need none
  /// of them, and no fence, be shown? Then `passed` tells how many of a process there were.
  [[nodiscard]] virtual bool passes(std::uint64_t /*most*/) const { return false; }
  /// In the slice that it let pass there were so many accesses of a process (AddressSpace).
  virtual void passed(std::uint64_t /*accesses*/) {}
  /// The instruction of `bytes` at `pc` has been fetched, and is executed next.
  virtual void fetched(const AddressSpace& space, Address pc, unsigned bytes) = 0;
  /// A load or a store (as which an atomic operation counts) of virtual address `va` that was
  /// translated and permitted.
  virtual void accessed(const AddressSpace& space, Address va, unsigned bytes, Access access) = 0;
  /// The hart has fenced translations.
  virtual void fenced(const Invalidation& invalidation) = 0;
};

}  // namespace kilburn::riscv
