#include "iommu/command.h"

#include "kilburn/iommu.h"

namespace kilburn::iommu {

namespace {

constexpr std::uint64_t id_mask = 0xFFFFF;  // PSCID, PID: 20 bits
constexpr std::uint64_t code_bits = 0x3FF;  // opcode and function

std::uint32_t field(std::uint64_t word, unsigned shift, std::uint64_t mask) {
  return static_cast<std::uint32_t>(word >> shift & mask);
}

std::optional<Command> decode_iotinval(unsigned function, std::uint64_t low, std::uint64_t high) {
  constexpr std::uint64_t defined =
      code_bits | IOMMU_IOTINVAL_AV | id_mask << IOMMU_IOTINVAL_PSCID_SHIFT | IOMMU_IOTINVAL_PSCV |
      IOMMU_IOTINVAL_GV | std::uint64_t{0xFFFF} << IOMMU_IOTINVAL_GSCID_SHIFT;
  constexpr std::uint64_t page_mask = (std::uint64_t{1} << 52) - 1;
  constexpr std::uint64_t high_defined = page_mask << IOMMU_IOTINVAL_PAGE_SHIFT;
  if ((low & ~defined) != 0 || (high & ~high_defined) != 0) return std::nullopt;
  if (function > IOMMU_IOTINVAL_GVMA) return std::nullopt;
  AddressSpaces::Change change{.guest_stage = function == IOMMU_IOTINVAL_GVMA};
  if ((low & IOMMU_IOTINVAL_GV) != 0) {
    change.gscid = static_cast<std::uint16_t>(field(low, IOMMU_IOTINVAL_GSCID_SHIFT, UINT16_MAX));
  }
  if ((low & IOMMU_IOTINVAL_PSCV) != 0) {
    if (change.guest_stage) return std::nullopt;
    change.pscid = field(low, IOMMU_IOTINVAL_PSCID_SHIFT, id_mask);
  }
  // Of a GVMA of all guests the address means nothing.
  const bool has_page = (low & IOMMU_IOTINVAL_AV) != 0 && (!change.guest_stage || change.gscid);
  if (has_page) change.page = high >> IOMMU_IOTINVAL_PAGE_SHIFT & page_mask;
  return change;
}

std::optional<Command> decode_iofence(unsigned function, std::uint64_t low, std::uint64_t high,
                                      const CommandRules& rules) {
  constexpr std::uint64_t defined = code_bits | IOMMU_IOFENCE_AV | IOMMU_IOFENCE_WSI |
                                    IOMMU_IOFENCE_PR | IOMMU_IOFENCE_PW |
                                    std::uint64_t{UINT32_MAX} << IOMMU_IOFENCE_DATA_SHIFT;
  if (function != IOMMU_IOFENCE_C || (low & ~defined) != 0 || high >> 62 != 0) return std::nullopt;
  Fence fence{.interrupt = (low & IOMMU_IOFENCE_WSI) != 0};
  if (fence.interrupt && !rules.wired) return std::nullopt;
  if ((low & IOMMU_IOFENCE_AV) != 0) {
    fence.store = Fence::Store{.address = high << 2,
                               .data = field(low, IOMMU_IOFENCE_DATA_SHIFT, UINT32_MAX)};
  }
  return fence;
}

std::optional<Command> decode_iodir(unsigned function, std::uint64_t low, std::uint64_t high,
                                    const CommandRules& rules) {
  constexpr std::uint64_t defined = code_bits | id_mask << IOMMU_IODIR_PID_SHIFT | IOMMU_IODIR_DV |
                                    std::uint64_t{0xFFFFFF} << IOMMU_IODIR_DID_SHIFT;
  if ((low & ~defined) != 0 || high != 0 || function > IOMMU_IODIR_INVAL_PDT) return std::nullopt;
  const std::uint32_t process = field(low, IOMMU_IODIR_PID_SHIFT, id_mask);
  const std::uint32_t device = field(low, IOMMU_IODIR_DID_SHIFT, 0xFFFFFF);
  const bool has_device = (low & IOMMU_IODIR_DV) != 0;
  DirectoryInvalidation command;
  if (has_device) {
    if (device >> rules.device_bits != 0) return std::nullopt;
    command.device = device;
  }
  if (function == IOMMU_IODIR_INVAL_PDT) {
    if (!has_device) return std::nullopt;
    command.process = process;
  } else if (process != 0) {
    return std::nullopt;
  }
  return command;
}

std::optional<Command> decode_ats(unsigned function, std::uint64_t low, std::uint64_t high,
                                  const CommandRules& rules) {
  constexpr std::uint64_t defined = code_bits | id_mask << IOMMU_ATS_PID_SHIFT | IOMMU_ATS_PV |
                                    IOMMU_ATS_DSV | std::uint64_t{0xFFFFFF} << IOMMU_ATS_RID_SHIFT;
  if ((rules.capabilities & IOMMU_CAP_ATS) == 0) return std::nullopt;
  if ((low & ~defined) != 0 || function > IOMMU_ATS_PRGR) return std::nullopt;
  FunctionMessage message{.response = function == IOMMU_ATS_PRGR,
                          .device = field(low, IOMMU_ATS_RID_SHIFT, 0xFFFF),
                          .payload = high};
  if ((low & IOMMU_ATS_DSV) != 0) message.device |= field(low, IOMMU_ATS_DSEG_SHIFT, 0xFF) << 16;
  if ((low & IOMMU_ATS_PV) != 0) message.pasid = field(low, IOMMU_ATS_PID_SHIFT, id_mask);
  return message;
}

}  // namespace

std::optional<Command> decode_command(std::uint64_t low, std::uint64_t high,
                                      const CommandRules& rules) {
  const unsigned function = low >> IOMMU_FUNCTION_SHIFT & 7;
  switch (low & IOMMU_OPCODE_MASK) {
    case IOMMU_OPCODE_IOTINVAL:
      return decode_iotinval(function, low, high);
    case IOMMU_OPCODE_IOFENCE:
      return decode_iofence(function, low, high, rules);
    case IOMMU_OPCODE_IODIR:
      return decode_iodir(function, low, high, rules);
    case IOMMU_OPCODE_ATS:
      return decode_ats(function, low, high, rules);
    default:
      return std::nullopt;
  }
}

}  // namespace kilburn::iommu
