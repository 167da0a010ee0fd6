#include "iommu/msi_table.h"

#include "kilburn/iommu.h"

namespace kilburn::iommu {

namespace {

constexpr std::uint64_t ppn_mask = (std::uint64_t{1} << IOMMU_PPN_BITS) - 1;
constexpr std::uint64_t ppn_field = ppn_mask << IOMMU_PPN_SHIFT;
constexpr unsigned mode_mask = 3;
constexpr std::uint64_t mode_field = std::uint64_t{mode_mask} << IOMMU_MSIPTE_MODE_SHIFT;

// Basic: PPN in 53 to 10; the second doubleword is software's own.
constexpr std::uint64_t basic_defined = IOMMU_ENTRY_VALID | mode_field | ppn_field;
// MRIF: address bits 55 to 9 in 53 to 7; notice number in 9 to 0 and 60, notice page in 53 to 10.
constexpr std::uint64_t file_field = ((std::uint64_t{1} << 47) - 1) << IOMMU_MSIPTE_MRIF_SHIFT;
constexpr std::uint64_t mrif_defined = IOMMU_ENTRY_VALID | mode_field | file_field;
constexpr std::uint64_t notice_low = 0x3FF;
constexpr std::uint64_t notice_high = std::uint64_t{1} << IOMMU_MSIPTE_NID_HIGH_SHIFT;
constexpr std::uint64_t notice_defined = notice_low | ppn_field | notice_high;

constexpr unsigned notice_low_bits = 10;
constexpr unsigned file_shift = 9;
constexpr std::uint32_t interrupts = 2048;      // number 0 is none
constexpr std::uint32_t set_little_endian = 0;  // seteipnum_le
constexpr std::uint32_t set_big_endian = 4;     // seteipnum_be
constexpr std::uint64_t bytes_of_pair = 16;     // 64 pending bits, then 64 enable bits

}  // namespace

MsiTarget find_msi_target(const DeviceContext& device, PageNumber page, std::uint64_t capabilities,
                          CheckedMemory& memory, Cycles now) {
  MsiTarget target;
  const Address entry = (device.msi_table << page_shift) |
                        (device.files.number_of(page) * Address{IOMMU_MSIPTE_BYTES});
  target.cause = Cause::msi_access_fault;
  if (entry >> (IOMMU_PPN_BITS + page_shift) != 0) return target;
  const Words read = memory.read(entry, 2, now);
  target.latency = read.latency;
  target.reads = 1;
  if (!read.ok) return target;
  target.cause = Cause::msi_not_valid;
  if ((read.data[0] & IOMMU_ENTRY_VALID) == 0) return target;
  target.cause = Cause::msi_misconfigured;
  switch (read.data[0] >> IOMMU_MSIPTE_MODE_SHIFT & mode_mask) {
    case IOMMU_MSIPTE_BASIC:
      if ((read.data[0] & ~basic_defined) != 0) return target;
      target.frame = read.data[0] >> IOMMU_PPN_SHIFT & ppn_mask;
      break;
    case IOMMU_MSIPTE_MRIF:
      if ((capabilities & IOMMU_CAP_MSI_MRIF) == 0) return target;
      if ((read.data[0] & ~mrif_defined) != 0) return target;
      if ((read.data[1] & ~notice_defined) != 0) return target;
      target.resident = true;
      target.file = (read.data[0] & file_field) >> IOMMU_MSIPTE_MRIF_SHIFT << file_shift;
      target.notice_address = (read.data[1] & ppn_field) >> IOMMU_PPN_SHIFT << page_shift;
      target.notice_data = static_cast<std::uint32_t>(
          (read.data[1] & notice_low) |
          ((read.data[1] & notice_high) >> IOMMU_MSIPTE_NID_HIGH_SHIFT << notice_low_bits));
      break;
    default:
      return target;
  }
  target.cause = std::nullopt;
  return target;
}

MrifStored store_in_mrif(const MsiTarget& target, std::uint32_t offset, std::uint32_t data,
                         CheckedMemory& memory, Cycles now) {
  MrifStored result;
  if (offset == set_big_endian) data = __builtin_bswap32(data);
  // A write elsewhere, and an interrupt that a file does not hold, have no effect.
  if ((offset != set_little_endian && offset != set_big_endian) || data == 0 ||
      data >= interrupts) {
    return result;
  }
  const Address pending = target.file + data / 64 * bytes_of_pair;
  const std::uint64_t bit = std::uint64_t{1} << data % 64;
  const CheckedMemory::Set set = memory.set_bits(pending, bit, now);
  result.latency = set.latency;
  result.cause = Cause::mrif_access_fault;
  if (!set.ok) return result;
  const Words enabled = memory.read(pending + 8, 1, now + result.latency);
  result.latency += enabled.latency;
  if (!enabled.ok) return result;
  result.cause = std::nullopt;
  if ((enabled.data[0] & bit) == 0) return result;
  const Written notice =
      memory.write_word(target.notice_address, target.notice_data, now + result.latency);
  result.latency += notice.latency;
  result.noticed = notice.ok;
  if (!notice.ok) result.cause = Cause::mrif_access_fault;
  return result;
}

}  // namespace kilburn::iommu
