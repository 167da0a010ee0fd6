#include "iommu/context.h"

#include <bit>

#include "kilburn/iommu.h"

namespace kilburn::iommu {

namespace {

constexpr std::uint64_t ppn_mask = (std::uint64_t{1} << IOMMU_PPN_BITS) - 1;
constexpr std::uint64_t pscid_mask = 0xFFFFF;
constexpr std::uint64_t atp_reserved = std::uint64_t{0xFFFF} << IOMMU_ATP_GSCID_SHIFT;

unsigned mode_field(std::uint64_t word) {
  return static_cast<unsigned>(word >> IOMMU_ATP_MODE_SHIFT);
}

/// iosatp and iohgatp number the modes alike. Nothing: not a mode that there is.
std::optional<PagingMode> paging_mode(unsigned field, std::uint64_t capabilities,
                                      bool guest_stage) {
  const auto if_there = [&](PagingMode mode, std::uint64_t first,
                            std::uint64_t second) -> std::optional<PagingMode> {
    if ((capabilities & (guest_stage ? second : first)) == 0) return std::nullopt;
    return mode;
  };
  switch (field) {
    case IOMMU_ATP_BARE:
      return PagingMode::bare;
    case IOMMU_ATP_SV39:
      return if_there(PagingMode::sv39, IOMMU_CAP_SV39, IOMMU_CAP_SV39X4);
    case IOMMU_ATP_SV48:
      return if_there(PagingMode::sv48, IOMMU_CAP_SV48, IOMMU_CAP_SV48X4);
    case IOMMU_ATP_SV57:
      return if_there(PagingMode::sv57, IOMMU_CAP_SV57, IOMMU_CAP_SV57X4);
    default:
      return std::nullopt;
  }
}

std::optional<FirstStage> first_stage(std::uint64_t fsc, std::uint64_t ta,
                                      std::uint64_t capabilities) {
  if ((fsc & atp_reserved) != 0) return std::nullopt;
  const auto mode = paging_mode(mode_field(fsc), capabilities, false);
  if (!mode) return std::nullopt;
  return FirstStage{.mode = *mode,
                    .root = fsc & ppn_mask,
                    .pscid = static_cast<std::uint32_t>(ta >> IOMMU_TA_PSCID_SHIFT & pscid_mask)};
}

std::optional<ProcessDirectory> process_directory(std::uint64_t pdtp) {
  const unsigned levels = mode_field(pdtp);  // Bare, PD8, PD17, PD20: 0 to 3
  if ((pdtp & atp_reserved) != 0 || levels > IOMMU_PDTP_PD20) return std::nullopt;
  return ProcessDirectory{.levels = levels, .root = pdtp & ppn_mask};
}

/// The widest guest-physical address, in bits: what the MSI patterns compare.
unsigned guest_physical_bits(std::uint64_t capabilities) {
  if ((capabilities & IOMMU_CAP_SV57X4) != 0) return 59;
  if ((capabilities & IOMMU_CAP_SV48X4) != 0) return 50;
  return 41;
}

/// The rules that bind bits of tc to each other and to what the IOMMU can do.
bool control_is_legal(std::uint64_t tc, std::uint64_t capabilities) {
  constexpr std::uint64_t defined =
      IOMMU_ENTRY_VALID | IOMMU_TC_EN_ATS | IOMMU_TC_EN_PRI | IOMMU_TC_T2GPA | IOMMU_TC_DTF |
      IOMMU_TC_PDTV | IOMMU_TC_PRPR | IOMMU_TC_GADE | IOMMU_TC_SADE | IOMMU_TC_DPE |
      IOMMU_TC_CUSTOM;  // SBE and SXL must be as in fctl, where both are 0
  const auto has = [&](std::uint64_t bit) { return (tc & bit) != 0; };
  const auto can = [&](std::uint64_t bit) { return (capabilities & bit) != 0; };
  if ((tc & ~defined) != 0) return false;
  if (has(IOMMU_TC_EN_ATS | IOMMU_TC_EN_PRI | IOMMU_TC_PRPR) && !can(IOMMU_CAP_ATS)) return false;
  if (has(IOMMU_TC_T2GPA | IOMMU_TC_EN_PRI) && !has(IOMMU_TC_EN_ATS)) return false;
  if (has(IOMMU_TC_PRPR) && !has(IOMMU_TC_EN_PRI)) return false;
  if (has(IOMMU_TC_T2GPA) && !can(IOMMU_CAP_T2GPA)) return false;
  if (has(IOMMU_TC_DPE) && !has(IOMMU_TC_PDTV)) return false;
  return !has(IOMMU_TC_GADE | IOMMU_TC_SADE) || can(IOMMU_CAP_AMO_HWAD);
}

/// Of the extended format. False: misconfigured.
bool decode_msi(std::span<const std::uint64_t> words, std::uint64_t capabilities,
                DeviceContext& context) {
  const std::uint64_t msiptp = words[IOMMU_DC_MSIPTP / 8];
  const std::uint64_t mask = words[IOMMU_DC_MSI_MASK / 8];
  const std::uint64_t pattern = words[IOMMU_DC_MSI_PATTERN / 8];
  const unsigned mode = mode_field(msiptp);
  const unsigned page_bits = guest_physical_bits(capabilities) - page_shift;
  const std::uint64_t beyond = ~((std::uint64_t{1} << page_bits) - 1);
  if (words[7] != 0 || (msiptp & atp_reserved) != 0 || mode > IOMMU_MSIPTP_FLAT) return false;
  if (((mask | pattern) & beyond) != 0) return false;
  if (mode == IOMMU_MSIPTP_OFF) return true;
  if (context.guest_mode == PagingMode::bare) return false;
  context.msi_table = msiptp & ppn_mask;
  context.files = {.on = true, .mask = mask, .pattern = pattern};
  return true;
}

}  // namespace

std::uint64_t InterruptFiles::number_of(PageNumber page) const {
  std::uint64_t number = 0;
  unsigned to = 0;
  for (std::uint64_t left = mask; left != 0; left &= left - 1) {
    number |= (page >> std::countr_zero(left) & 1) << to++;
  }
  return number;
}

std::uint8_t InterruptFiles::order_without(PageNumber page) const {
  const std::uint64_t apart = (page ^ pattern) & ~mask & all_pages;
  // Within a block of 2^k pages the bits from k up are fixed: one of them differs from the pattern.
  return apart == 0 ? 0 : static_cast<std::uint8_t>(std::bit_width(apart) - 1);
}

std::optional<DeviceContext> decode_device_context(std::span<const std::uint64_t> words,
                                                   std::uint64_t capabilities) {
  const std::uint64_t tc = words[IOMMU_DC_TC / 8];
  const std::uint64_t iohgatp = words[IOMMU_DC_IOHGATP / 8];
  const std::uint64_t ta = words[IOMMU_DC_TA / 8];
  const std::uint64_t fsc = words[IOMMU_DC_FSC / 8];
  if (!control_is_legal(tc, capabilities)) return std::nullopt;
  if ((ta & ~(pscid_mask << IOMMU_TA_PSCID_SHIFT)) != 0) return std::nullopt;
  const auto has = [&](std::uint64_t bit) { return (tc & bit) != 0; };
  DeviceContext context{.ats = has(IOMMU_TC_EN_ATS),
                        .page_requests = has(IOMMU_TC_EN_PRI),
                        .to_guest_physical = has(IOMMU_TC_T2GPA),
                        .silent = has(IOMMU_TC_DTF),
                        .has_processes = has(IOMMU_TC_PDTV),
                        .response_has_pasid = has(IOMMU_TC_PRPR),
                        .guest_ad = has(IOMMU_TC_GADE),
                        .first_ad = has(IOMMU_TC_SADE),
                        .default_process = has(IOMMU_TC_DPE)};
  if (context.has_processes) {
    const auto directory = process_directory(fsc);
    if (!directory) return std::nullopt;
    context.directory = *directory;
  } else {
    const auto first = first_stage(fsc, ta, capabilities);
    if (!first) return std::nullopt;
    context.first = *first;
  }
  const auto guest_mode = paging_mode(mode_field(iohgatp), capabilities, true);
  if (!guest_mode) return std::nullopt;
  if (*guest_mode != PagingMode::bare) {
    context.guest_mode = *guest_mode;
    context.guest_root = iohgatp & ppn_mask;
    context.gscid = static_cast<std::uint16_t>(iohgatp >> IOMMU_ATP_GSCID_SHIFT);
    if (context.guest_root % 4 != 0) return std::nullopt;  // the root takes up 16 KiB
  } else if (context.to_guest_physical) {
    return std::nullopt;
  }
  if ((capabilities & IOMMU_CAP_MSI_FLAT) != 0 && !decode_msi(words, capabilities, context)) {
    return std::nullopt;
  }
  return context;
}

std::optional<ProcessContext> decode_process_context(std::span<const std::uint64_t> words,
                                                     std::uint64_t capabilities) {
  const std::uint64_t ta = words[IOMMU_PC_TA / 8];
  const std::uint64_t fsc = words[IOMMU_PC_FSC / 8];
  constexpr std::uint64_t defined =
      IOMMU_ENTRY_VALID | IOMMU_PC_ENS | IOMMU_PC_SUM | pscid_mask << IOMMU_TA_PSCID_SHIFT;
  if ((ta & ~defined) != 0) return std::nullopt;
  const auto first = first_stage(fsc, ta, capabilities);
  if (!first) return std::nullopt;
  return ProcessContext{
      .supervisor = (ta & IOMMU_PC_ENS) != 0, .sum = (ta & IOMMU_PC_SUM) != 0, .first = *first};
}

std::optional<PageNumber> decode_table_entry(std::uint64_t entry) {
  constexpr std::uint64_t defined = IOMMU_ENTRY_VALID | ppn_mask << IOMMU_PPN_SHIFT;
  if ((entry & ~defined) != 0) return std::nullopt;
  return entry >> IOMMU_PPN_SHIFT & ppn_mask;
}

}  // namespace kilburn::iommu
