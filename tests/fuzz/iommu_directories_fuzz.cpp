// Any directories and page tables: nothing crashes, and no device touches memory that the tables,
// read plainly (tests/iommu/oracle.h), do not map for it.
#include "iommu/oracle.h"
#include "iommu_world.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace kilburn;
  fuzz::Bytes bytes(data, size);
  const auto shape = bytes.take<std::uint8_t>();
  fuzz::IommuWorld w({.msi_flat = (shape & 0x80) != 0});
  const bool plain = (shape & 0x80) == 0;  // the oracle reads the base format
  w.write(IOMMU_DDTP,
          std::uint64_t{shape & 7u} | std::uint64_t{shape >> 3 & 7u} << IOMMU_PPN_SHIFT);
  while (!bytes.empty()) {
    const auto what = bytes.take<std::uint8_t>();
    if (what % 4 != 0) {
      // Mostly small words in the first frames, where tables begin.
      const Address at = bytes.take<std::uint16_t>() * Address{8};
      w.memory.set(at, bytes.take<std::uint64_t>());
      continue;
    }
    const iommu::reference::Asked asked{
        .device = bytes.take<std::uint8_t>(),
        .process = (what & 0x10) != 0 ? std::optional<std::uint32_t>(bytes.take<std::uint8_t>())
                                      : std::nullopt,
        .privileged = (what & 0x30) == 0x30,
        .address = bytes.take<std::uint64_t>(),
        .access = (what & 0x40) != 0 ? Access::store : Access::load};
    (void)w.invalidator.invalidate({}, w.now);  // what memory says now counts
    bool outside = false;
    const auto expected = iommu::reference::translate(
        [&](Address at) {
          outside = outside || at >= fuzz::SmallMemory::frames * page_bytes;
          return w.memory.get(at);
        },
        w.iommu.read(IOMMU_DDTP, 8), asked);
    dma::Requester requester{.device = asked.device};
    if (asked.process) requester.process = dma::Pasid{*asked.process, asked.privileged, false};
    const auto found =
        w.iommu.translate(requester, IoVirtualAddress(asked.address), asked.access, w.now);
    (void)w.iommu.translation_request(requester, IoVirtualAddress(asked.address), false, w.now);
    if (!plain || found.fault != Fault::none) continue;
    if (outside || expected.cause != 0 || expected.frame != found.translation.pfn) __builtin_trap();
  }
  return 0;
}
