// Any registers and any commands, with devices that go on meanwhile: nothing crashes or hangs.
#include "iommu_world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kilburn;
  fuzz::Bytes bytes(data, size);
  const auto shape = bytes.take<std::uint8_t>();
  fuzz::IommuWorld w({.msi_flat = (shape & 1) != 0, .ats = (shape & 2) != 0});
  // A queue that is on, so that commands are met soon: 16 of them in frame 1.
  constexpr Address queue = page_bytes;
  w.write(IOMMU_CQB, 1 << IOMMU_PPN_SHIFT | 3);
  w.iommu.write(IOMMU_CQCSR, 4, IOMMU_QUEUE_ENABLE | IOMMU_QUEUE_INTERRUPT, 0);
  std::uint32_t tail = 0;
  while (!bytes.empty()) {
    const auto what = bytes.take<std::uint8_t>();
    switch (what % 5) {
      case 0: {
        const unsigned length = (what & 0x80) != 0 ? 8 : 4;
        const unsigned offset = bytes.take<std::uint16_t>() % IOMMU_REGISTER_BYTES & ~(length - 1);
        w.iommu.write(offset, length, bytes.take<std::uint64_t>(), w.now);
        (void)w.iommu.read(offset, length);
        break;
      }
      case 1:
        w.memory.set(queue + Address{16} * tail, bytes.take<std::uint64_t>());
        w.memory.set(queue + Address{16} * tail + 8, bytes.take<std::uint64_t>());
        tail = (tail + 1) % 16;
        w.iommu.write(IOMMU_CQT, 4, tail, w.now);
        break;
      case 2:
        w.memory.set(bytes.take<std::uint16_t>() * Address{8}, bytes.take<std::uint64_t>());
        break;
      case 3:
        (void)w.iommu.translate({.device = bytes.take<std::uint8_t>()},
                                IoVirtualAddress(bytes.take<std::uint64_t>()),
                                static_cast<Access>(what / 5 % 3), w.now);
        break;
      default:
        w.iommu.page_request(
            {.device = bytes.take<std::uint8_t>(), .payload = bytes.take<std::uint64_t>()}, w.now);
        break;
    }
    w.work(4);
  }
  return 0;
}
