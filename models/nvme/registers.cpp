#include "nvme/registers.h"

namespace kilburn::nvme {

namespace {

constexpr std::uint64_t time_out = 20;           // of 500 ms
constexpr std::uint64_t largest_page_shift = 4;  // above 4 KiB
constexpr std::uint32_t queue_attributes = 0x0FFF0FFF;

std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
std::uint32_t high(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32);
}
void set_low(std::uint64_t& value, std::uint32_t half) {
  value = value >> 32 << 32 | half;
}
void set_high(std::uint64_t& value, std::uint32_t half) {
  value = std::uint64_t{half} << 32 | low(value);
}

}  // namespace

Registers::Registers(const NvmeConfig& config)
    : cap_((config.queue_entries - 1) | std::uint64_t{1} << NVME_CAP_CQR_SHIFT |
           std::uint64_t{1} << NVME_CAP_AMS_WEIGHTED_SHIFT | time_out << NVME_CAP_TO_SHIFT |
           std::uint64_t{1} << NVME_CAP_NSSRS_SHIFT | std::uint64_t{1} << NVME_CAP_CSS_NVM_SHIFT |
           largest_page_shift << NVME_CAP_MPSMAX_SHIFT) {}

std::uint32_t Registers::read(unsigned offset) const {
  switch (offset) {
    case NVME_CAP:
      return low(cap_);
    case NVME_CAP + 4:
      return high(cap_);
    case NVME_VS:
      return NVME_VERSION;
    case NVME_INTMS:
    case NVME_INTMC:
      return intm_;
    case NVME_CC:
      return cc_;
    case NVME_CSTS:
      return csts_;
    case NVME_AQA:
      return aqa_;
    case NVME_ASQ:
      return low(asq_);
    case NVME_ASQ + 4:
      return high(asq_);
    case NVME_ACQ:
      return low(acq_);
    case NVME_ACQ + 4:
      return high(acq_);
    default:
      return 0;
  }
}

RegisterEffect Registers::write(unsigned offset, std::uint32_t value) {
  switch (offset) {
    case NVME_INTMS:
      intm_ |= value;
      return RegisterEffect::interrupt_mask;
    case NVME_INTMC:
      intm_ &= ~value;
      return RegisterEffect::interrupt_mask;
    case NVME_CC:
      cc_ = value & NVME_CC_WRITABLE;
      return RegisterEffect::control;
    case NVME_CSTS:
      csts_ &= ~(value & NVME_CSTS_NSSRO);
      return RegisterEffect::none;
    case NVME_NSSR:
      return value == NVME_NSSR_MAGIC ? RegisterEffect::subsystem_reset : RegisterEffect::none;
    case NVME_AQA:
      aqa_ = value & queue_attributes;
      return RegisterEffect::none;
    case NVME_ASQ:
      set_low(asq_, value & ~std::uint32_t{0xFFF});
      return RegisterEffect::none;
    case NVME_ASQ + 4:
      set_high(asq_, value);
      return RegisterEffect::none;
    case NVME_ACQ:
      set_low(acq_, value & ~std::uint32_t{0xFFF});
      return RegisterEffect::none;
    case NVME_ACQ + 4:
      set_high(acq_, value);
      return RegisterEffect::none;
    default:
      return RegisterEffect::none;
  }
}

void Registers::reset(bool function) {
  const std::uint32_t kept = csts_ & NVME_CSTS_NSSRO;
  csts_ = function ? 0 : kept;
  intm_ = 0;
  if (!function) return;
  cc_ = 0;
  aqa_ = 0;
  asq_ = 0;
  acq_ = 0;
}

bool Registers::usable() const {
  return cc_field(NVME_CC_CSS_SHIFT, NVME_CC_CSS_MASK) == 0 &&
         cc_field(NVME_CC_MPS_SHIFT, NVME_CC_MPS_MASK) <= largest_page_shift &&
         cc_field(NVME_CC_AMS_SHIFT, NVME_CC_AMS_MASK) <= 1 && admin_sq_entries() >= 2 &&
         admin_cq_entries() >= 2 && admin_sq() % page() == 0 && admin_cq() % page() == 0;
}

}  // namespace kilburn::nvme
