// A queue in memory that the IOMMU fills and software empties: faults, page requests.
// Source: RISC-V IOMMU Architecture 1.0.0, chapters 3.2 and 3.3.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <span>

#include "common/statistics.h"
#include "common/types.h"
#include "iommu/checked_memory.h"

namespace kilburn::iommu {

struct RecordQueueStatistics {
  std::uint64_t written = 0;
  std::uint64_t lost = 0;
  std::uint64_t overflows = 0;
  std::uint64_t memory_faults = 0;

  void visit(StatisticVisitor& v) const;
  friend bool operator==(const RecordQueueStatistics&, const RecordQueueStatistics&) = default;
};

/// Modelled: base, head, tail, control and status; a full queue, or memory that refuses a record,
/// loses that record and all others until software has cleared the bit that says so. Not modelled:
/// the time of a write, which nobody waits for. Records are written one after the other.
class RecordQueue {
 public:
  static constexpr unsigned most_words = 4;
  using Record = std::array<std::uint64_t, most_words>;
  /// `words` of a record; `attention`: called where it may be time for an interrupt.
  RecordQueue(unsigned words, CheckedMemory& memory, std::function<void(Cycles)> attention);

  enum class Pushed : std::uint8_t { queued, off, overflow, memory_fault };
  /// Queues a record, or says why not. May let other processes run.
  Pushed push(const Record& record, Cycles now);

  [[nodiscard]] std::uint64_t base() const { return base_; }
  [[nodiscard]] std::uint32_t head() const { return head_; }
  [[nodiscard]] std::uint32_t tail() const { return tail_; }
  [[nodiscard]] std::uint32_t control() const;
  /// While the queue is on its base stays as it is.
  void set_base(std::uint64_t value);
  void set_head(std::uint32_t value) { head_ = value & index_mask(); }
  void set_control(std::uint32_t value);
  /// Interrupts are enabled, and something has happened that asks for one and still stands.
  [[nodiscard]] bool wants_interrupt() const { return interrupts_ && (overflow_ || fault_); }
  [[nodiscard]] bool interrupts() const { return interrupts_; }

  [[nodiscard]] const RecordQueueStatistics& statistics() const { return statistics_; }

 private:
  [[nodiscard]] std::uint32_t index_mask() const;
  void drain(Cycles now);

  unsigned words_;
  CheckedMemory& memory_;
  std::function<void(Cycles)> attention_;
  std::uint64_t base_ = 0;
  std::uint32_t head_ = 0;
  std::uint32_t tail_ = 0;
  bool enabled_ = false;
  bool interrupts_ = false;
  bool overflow_ = false;
  bool fault_ = false;
  bool writing_ = false;        ///< a record is on its way
  std::deque<Record> waiting_;  ///< behind it
  RecordQueueStatistics statistics_;
};

/// A queue's base register: what of a written value it keeps.
[[nodiscard]] std::uint64_t legal_queue_base(std::uint64_t value);
/// Indices are below 2^bits of a queue with this base.
[[nodiscard]] std::uint32_t queue_index_mask(std::uint64_t base);
[[nodiscard]] Address queue_address(std::uint64_t base);

}  // namespace kilburn::iommu
