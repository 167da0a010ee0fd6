// Registers of the controller, but for the doorbells. Source: NVM Express 1.4, chapter 3.1.
#pragma once

#include <cstdint>

#include "kilburn/nvme.h"
#include "nvme/nvme_function.h"

namespace kilburn::nvme {

/// What a write asks of the controller.
enum class RegisterEffect : std::uint8_t { none, control, subsystem_reset, interrupt_mask };

/// Dwords as software reads and writes them. What makes no sense is kept and looked at when the
/// controller is enabled.
class Registers {
 public:
  explicit Registers(const NvmeConfig& config);

  [[nodiscard]] std::uint32_t read(unsigned offset) const;
  RegisterEffect write(unsigned offset, std::uint32_t value);
  /// A controller level reset: `function`: of the function, which clears the admin queue's, too.
  void reset(bool function);

  [[nodiscard]] std::uint64_t capabilities() const { return cap_; }
  [[nodiscard]] bool enabled() const { return (cc_ & NVME_CC_EN) != 0; }
  [[nodiscard]] unsigned cc_field(unsigned shift, unsigned mask) const {
    return cc_ >> shift & mask;
  }
  /// Bytes of a memory page.
  [[nodiscard]] std::uint64_t page() const {
    return std::uint64_t{4096} << cc_field(NVME_CC_MPS_SHIFT, NVME_CC_MPS_MASK);
  }
  [[nodiscard]] bool weighted() const { return cc_field(NVME_CC_AMS_SHIFT, NVME_CC_AMS_MASK) == 1; }
  [[nodiscard]] unsigned shutdown() const { return cc_field(NVME_CC_SHN_SHIFT, NVME_CC_SHN_MASK); }
  /// The controller can be enabled as it is set up.
  [[nodiscard]] bool usable() const;

  [[nodiscard]] bool ready() const { return (csts_ & NVME_CSTS_RDY) != 0; }
  [[nodiscard]] bool failed() const { return (csts_ & NVME_CSTS_CFS) != 0; }
  void set_ready(bool ready) { set(NVME_CSTS_RDY, ready); }
  void set_failed() { set(NVME_CSTS_CFS, true); }
  void set_subsystem_reset() { set(NVME_CSTS_NSSRO, true); }
  [[nodiscard]] unsigned shutdown_state() const {
    return csts_ >> NVME_CSTS_SHST_SHIFT & NVME_CSTS_SHST_MASK;
  }
  void set_shutdown_state(unsigned state) {
    csts_ = (csts_ & ~(unsigned{NVME_CSTS_SHST_MASK} << NVME_CSTS_SHST_SHIFT)) |
            state << NVME_CSTS_SHST_SHIFT;
  }

  [[nodiscard]] std::uint32_t admin_sq_entries() const { return (aqa_ & 0xFFF) + 1; }
  [[nodiscard]] std::uint32_t admin_cq_entries() const { return (aqa_ >> 16 & 0xFFF) + 1; }
  [[nodiscard]] std::uint64_t admin_sq() const { return asq_ & ~std::uint64_t{0xFFF}; }
  [[nodiscard]] std::uint64_t admin_cq() const { return acq_ & ~std::uint64_t{0xFFF}; }
  [[nodiscard]] std::uint32_t interrupt_mask() const { return intm_; }

 private:
  void set(std::uint32_t bit, bool on) { csts_ = on ? csts_ | bit : csts_ & ~bit; }

  std::uint64_t cap_;
  std::uint32_t cc_ = 0;
  std::uint32_t csts_ = 0;
  std::uint32_t intm_ = 0;
  std::uint32_t aqa_ = 0;
  std::uint64_t asq_ = 0;
  std::uint64_t acq_ = 0;
};

}  // namespace kilburn::nvme
