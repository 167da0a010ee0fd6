#include "dma_engine/channel.h"

#include <algorithm>

namespace kilburn::dma_engine {

std::uint64_t Channel::read(unsigned offset) const {
  switch (offset) {
    case DMA_ENGINE_RING:
      return ring_;
    case DMA_ENGINE_SIZE:
      return size_;
    case DMA_ENGINE_TAIL:
      return tail_;
    case DMA_ENGINE_HEAD:
      return head_;
    case DMA_ENGINE_CONTROL:
      return control_;
    case DMA_ENGINE_STATUS:
      return status_;
    case DMA_ENGINE_PASID:
      return pasid_;
    default:
      return 0;
  }
}

void Channel::write(unsigned offset, std::uint64_t value) {
  switch (offset) {
    case DMA_ENGINE_RING:
      if (!enabled()) ring_ = value & ~std::uint64_t{DMA_ENGINE_DESCRIPTOR_BYTES - 1};
      break;
    case DMA_ENGINE_SIZE:
      if (!enabled()) {
        size_ = static_cast<unsigned>(std::min<std::uint64_t>(value, DMA_ENGINE_MOST_SIZE));
      }
      break;
    case DMA_ENGINE_TAIL:
      tail_ = value & mask();
      break;
    case DMA_ENGINE_CONTROL:
      control_ = value & (DMA_ENGINE_ENABLE | DMA_ENGINE_INTERRUPT);
      if (!enabled()) {
        head_ = tail_ = 0;
        status_ &= DMA_ENGINE_PENDING;
        ++generation_;
      }
      break;
    case DMA_ENGINE_STATUS:
      status_ &= ~(value & DMA_ENGINE_PENDING);
      break;
    case DMA_ENGINE_PASID:
      pasid_ = value & (DMA_ENGINE_PASID_VALID | DMA_ENGINE_PASID_MASK);
      break;
    default:
      break;
  }
}

std::optional<dma::Pasid> Channel::pasid() const {
  if ((pasid_ & DMA_ENGINE_PASID_VALID) == 0) return std::nullopt;
  return dma::Pasid{.number = static_cast<std::uint32_t>(pasid_ & DMA_ENGINE_PASID_MASK)};
}

void Channel::finish() {
  status_ &= ~std::uint64_t{DMA_ENGINE_BUSY};
  head_ = (head_ + 1) & mask();
}

bool Channel::interrupt() {
  if ((control_ & DMA_ENGINE_INTERRUPT) == 0) return false;
  const bool fresh = !pending();
  status_ |= DMA_ENGINE_PENDING;
  return fresh;
}

void Channel::stop() {
  status_ = (status_ & ~std::uint64_t{DMA_ENGINE_BUSY}) | DMA_ENGINE_STOPPED;
}

}  // namespace kilburn::dma_engine
