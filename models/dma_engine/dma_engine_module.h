// The DMA engine as a PCI Express function: registers in BAR 0, a process that works through rings.
#pragma once

#include <cstdint>
#include <systemc>
#include <vector>

#include "common/clock.h"
#include "dma_engine/channel.h"
#include "dma_engine/dma_engine_function.h"
#include "pcie/function.h"

namespace kilburn::dma_engine {

struct DmaEngineStatistics {
  std::uint64_t descriptors = 0;
  std::uint64_t failed = 0;
  std::uint64_t bytes_copied = 0;
  std::uint64_t bytes_filled = 0;
  std::uint64_t bytes_summed = 0;
  std::uint64_t interrupts = 0;
  Histogram cycles = Histogram::log2(30);
  void visit(StatisticVisitor& v) const;
  friend bool operator==(const DmaEngineStatistics&, const DmaEngineStatistics&) = default;
};

/// Modelled: channels served in turn, a descriptor at a time; a copy reads and writes chunk by
/// chunk, so that what faults in the middle has moved what lay before. Not modelled: several
/// descriptors at once. Time: `descriptor_cycles` and the accesses, one after the other.
class DmaEngineModule final : public sc_core::sc_module, public pcie::Function {
 public:
  SC_HAS_PROCESS(DmaEngineModule);
  DmaEngineModule(const sc_core::sc_module_name& name, const DmaEngineConfig& config,
                  pcie::Link& link, pcie::RoutingId id, Clock clock);

  [[nodiscard]] Cycles next_event() const override;
  void visit(StatisticVisitor& v) const override;

 protected:
  [[nodiscard]] std::uint64_t bar_read(pcie::BarPlace place, unsigned length, Cycles now) override;
  void bar_write(pcie::BarPlace place, unsigned length, std::uint64_t value, Cycles now) override;
  void reset(Cycles now) override;

 private:
  struct Job;
  void work();
  void serve(unsigned number);
  [[nodiscard]] std::uint64_t carry_out(Job& job);
  /// Waits for the access, too. False: it faulted.
  [[nodiscard]] bool access(const Channel& channel, IoVirtualAddress at, std::span<std::byte> data,
                            bool write);
  void interrupt(unsigned number);
  void drive_pin();
  [[nodiscard]] Channel* channel_at(std::uint64_t offset);

  DmaEngineConfig config_;
  Clock clock_;
  std::vector<Channel> channels_;
  sc_core::sc_event doorbell_;
  bool at_work_ = false;
  DmaEngineStatistics statistics_;
};

}  // namespace kilburn::dma_engine
