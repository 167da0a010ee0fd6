#include "iommu/record_queue.h"

#include "kilburn/iommu.h"

namespace kilburn::iommu {

namespace {
constexpr std::uint64_t ppn_field = ((std::uint64_t{1} << IOMMU_PPN_BITS) - 1) << IOMMU_PPN_SHIFT;
}  // namespace

std::uint64_t legal_queue_base(std::uint64_t value) {
  return value & (ppn_field | IOMMU_QUEUE_SIZE_MASK);
}

std::uint32_t queue_index_mask(std::uint64_t base) {
  const auto bits = static_cast<unsigned>(base & IOMMU_QUEUE_SIZE_MASK) + 1;
  return static_cast<std::uint32_t>((std::uint64_t{1} << bits) - 1);
}

Address queue_address(std::uint64_t base) {
  return (base & ppn_field) >> IOMMU_PPN_SHIFT << page_shift;
}

void RecordQueueStatistics::visit(StatisticVisitor& v) const {
  v.counter("written", written, "records", "records written to the queue");
  v.counter("lost", lost, "records",
            "records lost: the queue was full, off, in error, or memory refused them");
  v.counter("overflows", overflows, "overflows", "times that the overflow bit was set");
  v.counter("memory_faults", memory_faults, "faults", "times that memory refused a record");
}

RecordQueue::RecordQueue(unsigned words, CheckedMemory& memory,
                         std::function<void(Cycles)> attention)
    : words_(words), memory_(memory), attention_(std::move(attention)) {}

std::uint32_t RecordQueue::index_mask() const {
  return queue_index_mask(base_);
}

std::uint32_t RecordQueue::control() const {
  const auto bit = [](bool set, std::uint32_t mask) { return set ? mask : 0; };
  return bit(enabled_, IOMMU_QUEUE_ENABLE) | bit(interrupts_, IOMMU_QUEUE_INTERRUPT) |
         bit(fault_, IOMMU_QUEUE_FAULT) | bit(overflow_, IOMMU_QUEUE_OVERFLOW) |
         bit(enabled_ || writing_, IOMMU_QUEUE_ON) | bit(!enabled_ && writing_, IOMMU_QUEUE_BUSY);
}

void RecordQueue::set_base(std::uint64_t value) {
  if (enabled_ || writing_) return;
  base_ = legal_queue_base(value);
  head_ = 0;
}

void RecordQueue::set_control(std::uint32_t value) {
  if (!enabled_ && writing_) return;  // busy
  const bool enable = (value & IOMMU_QUEUE_ENABLE) != 0;
  interrupts_ = (value & IOMMU_QUEUE_INTERRUPT) != 0;
  if (enable && !enabled_) {
    tail_ = 0;
    overflow_ = fault_ = false;
  }
  enabled_ = enable;
  if ((value & IOMMU_QUEUE_FAULT) != 0) fault_ = false;
  if ((value & IOMMU_QUEUE_OVERFLOW) != 0) overflow_ = false;
}

RecordQueue::Pushed RecordQueue::push(const Record& record, Cycles now) {
  if (!enabled_ || overflow_ || fault_) {
    ++statistics_.lost;
    if (!enabled_) return Pushed::off;
    return fault_ ? Pushed::memory_fault : Pushed::overflow;
  }
  // Those that wait, and the one that is being written, have their places.
  const std::uint64_t held =
      ((tail_ - head_) & index_mask()) + waiting_.size() + (writing_ ? 1 : 0);
  if (held >= index_mask()) {
    ++statistics_.lost;
    ++statistics_.overflows;
    overflow_ = true;
    attention_(now);
    return Pushed::overflow;
  }
  waiting_.push_back(record);
  if (writing_) return Pushed::queued;
  const std::uint64_t lost = statistics_.lost;
  drain(now);
  return statistics_.lost == lost ? Pushed::queued : Pushed::memory_fault;
}

void RecordQueue::drain(Cycles now) {
  writing_ = true;
  while (!waiting_.empty()) {
    const Record record = waiting_.front();
    waiting_.pop_front();
    if (fault_) {
      ++statistics_.lost;
      continue;
    }
    const Address at = queue_address(base_) + Address{8} * words_ * tail_;
    const Written done = memory_.write(at, std::span(record).first(words_), now);
    now += done.latency;
    if (done.ok) {
      ++statistics_.written;
      tail_ = (tail_ + 1) & index_mask();
    } else {
      ++statistics_.lost;
      ++statistics_.memory_faults;
      fault_ = true;
    }
    attention_(now);
  }
  writing_ = false;
}

}  // namespace kilburn::iommu
