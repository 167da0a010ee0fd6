// The IOMMU's own interrupts: what pends, which vector it has, and how that is signalled.
// Source: RISC-V IOMMU Architecture 1.0.0, chapters 5.17 (ipsr), 5.27 (icvec), 5.28 (msi_cfg_tbl).
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "common/interrupt_line.h"
#include "common/statistics.h"
#include "iommu/checked_memory.h"
#include "kilburn/iommu.h"

namespace kilburn::iommu {

/// By bit of ipsr.
enum class InterruptSource : std::uint8_t {
  command = IOMMU_INTERRUPT_COMMAND,
  fault = IOMMU_INTERRUPT_FAULT,
  page_request = IOMMU_INTERRUPT_PAGE,
};

struct InterruptStatistics {
  std::uint64_t raised = 0;
  std::uint64_t messages = 0;
  std::uint64_t message_faults = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const InterruptStatistics&, const InterruptStatistics&) = default;
};

/// Modelled: wires, by level while their sources pend; messages, with a mask behind which they
/// pend. No time.
class Interrupts {
 public:
  /// A message that memory, or the RMU, refused: its address.
  using Refused = std::function<void(Address, Cycles)>;
  /// A wire for each vector.
  Interrupts(std::vector<InterruptLine> lines, CheckedMemory& memory, Refused refused);

  /// True: by wire. fctl.WSI.
  void set_wired(bool wired);
  [[nodiscard]] bool wired() const { return wired_; }

  /// Nothing where it pends already.
  void raise(InterruptSource source, Cycles now);
  [[nodiscard]] std::uint32_t pending() const { return pending_; }
  void clear(std::uint32_t bits);

  [[nodiscard]] std::uint64_t vectors() const { return vectors_; }
  void set_vectors(std::uint64_t value);
  /// msi_cfg_tbl, by offset in it; a multiple of 4.
  [[nodiscard]] std::uint32_t read_table(unsigned offset) const;
  void write_table(unsigned offset, std::uint32_t value, Cycles now);

  [[nodiscard]] const InterruptStatistics& statistics() const { return statistics_; }

 private:
  struct Message {
    std::uint64_t address = 0;
    std::uint32_t data = 0;
    bool masked = false;
    bool pending = false;
  };
  [[nodiscard]] unsigned vector_of(unsigned source) const;
  void drive_lines();
  void send(unsigned vector, Cycles now);

  std::vector<InterruptLine> lines_;
  CheckedMemory& memory_;
  Refused refused_;
  bool wired_ = false;
  std::uint32_t pending_ = 0;
  std::uint64_t vectors_ = 0;
  std::array<Message, IOMMU_VECTORS> messages_{};
  InterruptStatistics statistics_;
};

}  // namespace kilburn::iommu
