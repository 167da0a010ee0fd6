// A function of a PCI Express device: configuration space, BARs, capabilities, interrupts. What it
// does behind its BARs, a class that derives from it says.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/statistics.h"
#include "common/timebase.h"
#include "dma/ats.h"
#include "pcie/config_space.h"
#include "pcie/link.h"
#include "pcie/msix.h"

namespace kilburn::pcie {

struct Bar {
  std::uint64_t bytes = 0;  ///< a power of two, 16 or more
  bool wide = false;        ///< of 64 bits: takes the next BAR as well
  bool prefetchable = false;
};

/// Where MSI-X's table and pending bits lie.
struct MsixPlace {
  unsigned vectors = 0;  ///< 0: there is no MSI-X
  unsigned bar = 0;
  std::uint32_t table = 0;    ///< offset in the BAR, a multiple of 8
  std::uint32_t pending = 0;  ///< the same
};

struct FunctionShape {
  Identity identity{};
  std::vector<Bar> bars{};  ///< by BAR; one of no bytes is not there
  unsigned pin = 1;         ///< INTA to INTD, 1 to 4; 0: none
  MsixPlace msix{};
  bool express = true;  ///< false: no capabilities at all
  bool ats = false;
  unsigned pasid_bits = 0;  ///< 1 to 20; 0: no PASID
};

/// A place behind a BAR.
struct BarPlace {
  unsigned bar = 0;
  std::uint64_t offset = 0;
};

struct FunctionStatistics {
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t messages = 0;
  std::uint64_t lost_messages = 0;
  std::uint64_t refused = 0;
  std::uint64_t resets = 0;
  void visit(StatisticVisitor& v) const;
  friend bool operator==(const FunctionStatistics&, const FunctionStatistics&) = default;
};

/// Modelled: header type 0 with BAR sizing, power states D0 and D3hot, INTx, MSI-X, ATS and PASID
/// controls, function-level reset. A root-complex integrated endpoint: it has no link of its own to
/// train. Not modelled: expansion ROM, MSI, AER, virtual functions. Time: none here.
class Function {
 public:
  /// `shape` has been checked where a configuration made it.
  Function(const FunctionShape& shape, Link& link, RoutingId id);
  virtual ~Function() = default;
  Function(const Function&) = delete;
  Function& operator=(const Function&) = delete;
  Function(Function&&) = delete;
  Function& operator=(Function&&) = delete;

  [[nodiscard]] RoutingId id() const { return id_; }
  [[nodiscard]] ConfigSpace& config_space() { return config_; }
  [[nodiscard]] std::uint32_t config_read(unsigned offset, unsigned length) const {
    return config_.read(offset, length);
  }
  void config_write(unsigned offset, unsigned length, std::uint32_t value, Cycles now);

  /// What of it lies at [address, address + length) of memory space; nothing where it does not
  /// answer there.
  [[nodiscard]] std::optional<BarPlace> decode(Address address, unsigned length) const;
  /// `length`: 1, 2, 4 or 8, which divides the offset.
  [[nodiscard]] std::uint64_t read(BarPlace place, unsigned length, Cycles now);
  void write(BarPlace place, unsigned length, std::uint64_t value, Cycles now);

  /// ATS: drops the translations that it keeps and `invalidation` names; cycles until no use of
  /// them is left.
  [[nodiscard]] virtual Cycles invalidate(const dma::AtsPort::Invalidation& /*invalidation*/,
                                          Cycles /*now*/) {
    return 0;
  }
  /// The answer to a page request.
  virtual void respond(const dma::AtsPort::GroupResponse& /*response*/, Cycles /*now*/) {}
  /// Software has enabled ATS: messages reach it.
  [[nodiscard]] bool ats_enabled() const {
    return ats_ != 0 && power_state() == 0 && bit(ats_ + PCIE_ATS_CONTROL, PCIE_ATS_ENABLE);
  }

  /// See device::Device.
  [[nodiscard]] virtual Cycles next_event() const { return Timebase::never; }
  virtual void visit(StatisticVisitor& v) const;
  [[nodiscard]] const FunctionStatistics& statistics() const { return statistics_; }

 protected:
  [[nodiscard]] virtual std::uint64_t bar_read(BarPlace place, unsigned length, Cycles now) = 0;
  virtual void bar_write(BarPlace place, unsigned length, std::uint64_t value, Cycles now) = 0;
  /// A function-level reset: everything but what the configuration says is as at first.
  virtual void reset(Cycles now) = 0;

  /// Requests to memory. Refused, as unsupported, while software has not made the function a bus
  /// master, or where it uses ATS or a PASID that are not enabled.
  Completion dma(Request request, Cycles now);
  /// Message `vector` where MSI-X is on.
  void raise(unsigned vector, Cycles now);
  /// The level of its pin where MSI-X is off.
  void set_pin(bool level);
  [[nodiscard]] bool msix_enabled() const { return msix_.enabled(); }

 private:
  [[nodiscard]] bool bit(unsigned offset, std::uint32_t mask) const {
    return (config_.read(offset, 2) & mask) != 0;
  }
  [[nodiscard]] unsigned power_state() const;  ///< 0: D0, 3: D3hot
  void set_power_state(unsigned state);
  [[nodiscard]] bool starts_reset(unsigned offset, unsigned length, std::uint32_t value) const;
  void reset_all(Cycles now);
  void add_bars();
  void add_capabilities();
  void drive_pin();
  void send(const Message& message);
  [[nodiscard]] bool in_msix(BarPlace place, unsigned length, std::uint32_t start,
                             std::uint64_t bytes) const;

  FunctionShape shape_;
  Link& link_;
  RoutingId id_;
  ConfigSpace config_;
  Msix msix_;
  unsigned power_ = 0;  ///< offsets of capabilities; 0: not there
  unsigned express_ = 0;
  unsigned msix_at_ = 0;
  unsigned ats_ = 0;
  unsigned pasid_ = 0;
  bool pin_level_ = false;  ///< as the function wants it
  bool driven_ = false;     ///< as the slot sees it
  Cycles now_ = 0;          ///< of the access or event that may send a message
  FunctionStatistics statistics_;
};

}  // namespace kilburn::pcie
