#include "interrupt/msi_addresses.h"

#include "common/page_table.h"

namespace kilburn::interrupt {
namespace {

constexpr std::uint32_t low_shift_mask = 0x7;
constexpr std::uint32_t high_shift_mask = 0x1F;
constexpr std::uint32_t high_width_mask = 0x7;
constexpr std::uint32_t low_width_mask = 0xF;

constexpr std::uint32_t supervisor_fields =
    APLIC_MSIADDR_HIGH_BASE_MASK | low_shift_mask << APLIC_MSIADDR_LHXS_SHIFT;
constexpr std::uint32_t machine_fields =
    supervisor_fields | APLIC_MSIADDR_LOCKED | high_shift_mask << APLIC_MSIADDR_HHXS_SHIFT |
    high_width_mask << APLIC_MSIADDR_HHXW_SHIFT | low_width_mask << APLIC_MSIADDR_LHXW_SHIFT;

unsigned field(std::uint32_t value, unsigned shift, std::uint32_t mask) {
  return value >> shift & mask;
}

}  // namespace

std::uint32_t MsiAddresses::read(unsigned offset) const {
  switch (offset) {
    case APLIC_MMSIADDRCFG:
      return machine_low_;
    case APLIC_MMSIADDRCFGH:
      return machine_high_;
    case APLIC_SMSIADDRCFG:
      return supervisor_low_;
    default:
      return supervisor_high_;
  }
}

void MsiAddresses::write(unsigned offset, std::uint32_t value) {
  if ((machine_high_ & APLIC_MSIADDR_LOCKED) != 0) return;
  switch (offset) {
    case APLIC_MMSIADDRCFG:
      machine_low_ = value;
      break;
    case APLIC_MMSIADDRCFGH:
      machine_high_ = value & machine_fields;
      break;
    case APLIC_SMSIADDRCFG:
      supervisor_low_ = value;
      break;
    default:
      supervisor_high_ = value & supervisor_fields;
      break;
  }
}

// The widths, and the shift of the high index, are the machine level's for both.
std::uint64_t MsiAddresses::page(std::uint32_t low, std::uint32_t high, unsigned hart) const {
  const unsigned low_width = field(machine_high_, APLIC_MSIADDR_LHXW_SHIFT, low_width_mask);
  const unsigned high_width = field(machine_high_, APLIC_MSIADDR_HHXW_SHIFT, high_width_mask);
  const unsigned high_shift = field(machine_high_, APLIC_MSIADDR_HHXS_SHIFT, high_shift_mask);
  const unsigned low_shift = field(high, APLIC_MSIADDR_LHXS_SHIFT, low_shift_mask);
  const std::uint64_t group = hart >> low_width & ((1u << high_width) - 1);
  const std::uint64_t in_group = hart & ((1u << low_width) - 1);
  const std::uint64_t base = std::uint64_t{high & APLIC_MSIADDR_HIGH_BASE_MASK} << 32 | low;
  return base | group << (high_shift + 12) | in_group << low_shift;
}

namespace {

/// Of a page number; of one beyond 44 bits, which a wide shift can make, the upper bits are lost.
Address address_of(std::uint64_t page) {
  constexpr std::uint64_t page_numbers = (std::uint64_t{1} << 44) - 1;
  return (page & page_numbers) << page_shift;
}

}  // namespace

Address MsiAddresses::machine(unsigned hart) const {
  return address_of(page(machine_low_, machine_high_, hart));
}

Address MsiAddresses::supervisor(unsigned hart, unsigned guest) const {
  return address_of(page(supervisor_low_, supervisor_high_, hart) | guest);
}

}  // namespace kilburn::interrupt
