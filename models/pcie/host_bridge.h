// The host bridge of a generic ECAM host: finds functions by configuration and memory address, and
// swizzles their pins onto four lines.
// Source: PCI Express Base Specification 5.0, chapters 7.2.2 and 2.2.8.1; QEMU 7.2 (`gpex`).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "common/interrupt_line.h"
#include "common/statistics.h"
#include "pcie/function.h"

namespace kilburn::pcie {

inline constexpr unsigned lines = 4;

struct HostBridgeStatistics {
  std::uint64_t config_reads = 0;
  std::uint64_t config_writes = 0;
  std::uint64_t absent = 0;
  std::uint64_t memory_reads = 0;
  std::uint64_t memory_writes = 0;
  std::uint64_t unclaimed = 0;
  void visit(StatisticVisitor& v) const;
  friend bool operator==(const HostBridgeStatistics&, const HostBridgeStatistics&) = default;
};

/// Modelled: bus 0 with any number of functions, the bridge itself at 0:0.0; functions come and go
/// while software runs. What is absent reads as all ones, and takes writes without effect. Not
/// modelled: bridges and further buses, I/O space. No time.
class HostBridge {
 public:
  /// `intx`: lines A to D.
  explicit HostBridge(std::vector<InterruptLine> intx);

  /// `function` answers from now on, at its own id, where none has been.
  void add(Function& function);
  /// Its pin is released.
  void remove(Function& function);
  /// Null: there is none.
  [[nodiscard]] Function* find(RoutingId id) const {
    const auto found = functions_.find(id);
    return found == functions_.end() ? nullptr : found->second;
  }

  /// `offset` counts from the ECAM's start; `length`: 1, 2, 4 or 8, which divides it.
  [[nodiscard]] std::uint64_t config_read(std::uint64_t offset, unsigned length);
  void config_write(std::uint64_t offset, unsigned length, std::uint64_t value, Cycles now);

  /// At an address of memory space, as BARs have it.
  [[nodiscard]] std::uint64_t memory_read(Address address, unsigned length, Cycles now);
  void memory_write(Address address, unsigned length, std::uint64_t value, Cycles now);

  /// Pin 1 to 4 of the function `id`.
  void set_intx(RoutingId id, unsigned pin, bool level);
  /// Line 0 to 3 that a pin of a device comes to.
  [[nodiscard]] static constexpr unsigned line_of(unsigned device, unsigned pin) {
    return (pin - 1 + device) % lines;
  }
  [[nodiscard]] const HostBridgeStatistics& statistics() const { return statistics_; }

 private:
  struct Found {
    Function* function = nullptr;
    BarPlace place{};
  };
  [[nodiscard]] Function* at(std::uint64_t offset) const;
  [[nodiscard]] Found find(Address address, unsigned length) const;
  void mark_multifunction(unsigned device);

  std::map<RoutingId, Function*> functions_;
  std::unique_ptr<Function> self_;  ///< 0:0.0
  std::vector<InterruptLine> intx_;
  std::array<std::map<RoutingId, bool>, lines> asserted_;  ///< who holds a line up
  HostBridgeStatistics statistics_;
};

}  // namespace kilburn::pcie
