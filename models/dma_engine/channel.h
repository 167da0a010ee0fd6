// One channel of the DMA engine: its registers, and the ring that they describe.
// Registers: sw/include/kilburn/dma_engine.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "common/typed_address.h"
#include "dma/requester.h"
#include "kilburn/dma_engine.h"

namespace kilburn::dma_engine {

/// A descriptor's words, as memory has them.
using Descriptor = std::array<std::uint64_t, DMA_ENGINE_WORDS>;

/// Registers as software reads and writes them. Nothing is refused: what makes no sense (an index
/// beyond the ring, a ring at an odd place) is cut to what fits.
class Channel {
 public:
  [[nodiscard]] std::uint64_t read(unsigned offset) const;
  void write(unsigned offset, std::uint64_t value);

  [[nodiscard]] bool enabled() const { return (control_ & DMA_ENGINE_ENABLE) != 0; }
  /// There is a descriptor to be done.
  [[nodiscard]] bool has_work() const {
    return enabled() && (status_ & DMA_ENGINE_STOPPED) == 0 && head_ != tail_;
  }
  /// Where it lies.
  [[nodiscard]] IoVirtualAddress next() const {
    return IoVirtualAddress(ring_) + std::uint64_t{DMA_ENGINE_DESCRIPTOR_BYTES} * head_;
  }
  [[nodiscard]] std::optional<dma::Pasid> pasid() const;
  /// Changes with every write that stops the channel: a descriptor that was under way is nobody's.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  /// It is being done, and has been.
  void begin() { status_ |= DMA_ENGINE_BUSY; }
  void finish();
  /// True: the interrupt is wanted, and was not pending.
  [[nodiscard]] bool interrupt();
  [[nodiscard]] bool pending() const { return (status_ & DMA_ENGINE_PENDING) != 0; }
  /// Its ring cannot be read or written: nothing more is done until software disables it.
  void stop();

 private:
  [[nodiscard]] std::uint64_t mask() const { return (std::uint64_t{1} << size_) - 1; }

  std::uint64_t ring_ = 0;
  unsigned size_ = 0;
  std::uint64_t head_ = 0;
  std::uint64_t tail_ = 0;
  std::uint64_t control_ = 0;
  std::uint64_t status_ = 0;
  std::uint64_t pasid_ = 0;
  std::uint64_t generation_ = 0;
};

}  // namespace kilburn::dma_engine
