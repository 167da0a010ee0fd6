#include "iommu/command_queue.h"

#include "iommu/record_queue.h"
#include "kilburn/iommu.h"

namespace kilburn::iommu {

std::uint32_t CommandQueue::control() const {
  const auto bit = [](bool set, std::uint32_t mask) { return set ? mask : 0; };
  return bit(enabled_, IOMMU_QUEUE_ENABLE) | bit(interrupts_, IOMMU_QUEUE_INTERRUPT) |
         bit(fault_, IOMMU_QUEUE_FAULT) | bit(timeout_, IOMMU_CQCSR_TIMEOUT) |
         bit(illegal_, IOMMU_CQCSR_ILLEGAL) | bit(fence_done_, IOMMU_CQCSR_FENCE) |
         bit(enabled_ || running_, IOMMU_QUEUE_ON) | bit(!enabled_ && running_, IOMMU_QUEUE_BUSY);
}

void CommandQueue::set_base(std::uint64_t value) {
  if (enabled_ || running_) return;
  base_ = legal_queue_base(value);
  tail_ = 0;
}

void CommandQueue::set_tail(std::uint32_t value) {
  tail_ = value & queue_index_mask(base_);
}

void CommandQueue::set_control(std::uint32_t value) {
  if (!enabled_ && running_) return;  // busy
  const bool enable = (value & IOMMU_QUEUE_ENABLE) != 0;
  interrupts_ = (value & IOMMU_QUEUE_INTERRUPT) != 0;
  if (enable && !enabled_) {
    head_ = 0;
    fault_ = timeout_ = illegal_ = fence_done_ = false;
  }
  enabled_ = enable;
  if ((value & IOMMU_QUEUE_FAULT) != 0) fault_ = false;
  if ((value & IOMMU_CQCSR_TIMEOUT) != 0) timeout_ = false;
  if ((value & IOMMU_CQCSR_ILLEGAL) != 0) illegal_ = false;
  if ((value & IOMMU_CQCSR_FENCE) != 0) fence_done_ = false;
}

Cycles CommandQueue::start(Cycles now) {
  running_ = true;
  const Words read =
      memory_.read(queue_address(base_) + Address{IOMMU_COMMAND_BYTES} * head_, 2, now);
  fetched_ = read.ok;
  command_ = read.ok ? decode_command(read.data[0], read.data[1], executor_.rules()) : std::nullopt;
  Cycles latency = read.latency;
  if (command_) latency += executor_.start(*command_, now + latency);
  return latency;
}

CommandEnd CommandQueue::finish(Cycles now) {
  CommandEnd end = fetched_ ? CommandEnd::illegal : CommandEnd::memory_fault;
  if (command_) end = executor_.finish(*command_, now);
  running_ = false;
  switch (end) {
    case CommandEnd::completed:
      head_ = (head_ + 1) & queue_index_mask(base_);
      break;
    case CommandEnd::memory_fault:
      fault_ = true;
      break;
    case CommandEnd::timeout:
      timeout_ = true;
      break;
    case CommandEnd::illegal:
      illegal_ = true;
      break;
  }
  attention_(now);
  return end;
}

}  // namespace kilburn::iommu
