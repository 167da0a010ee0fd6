// What a payload to the MMU says beside its virtual address, and what comes back.
#pragma once

#include <tlm>

#include "mmu/mmu.h"

namespace kilburn::mmu {

/// Rides on the payload of an untranslated access. The initiator owns it and sets the request
/// before each transport; the MMU sets the reply. A fault comes back as
/// TLM_ADDRESS_ERROR_RESPONSE with `reply.fault` set, and the access has not been performed.
/// With `translate_only` the MMU answers the translation and forwards nothing, as an address
/// translation service answers a PCIe device.
class TranslationExtension : public tlm::tlm_extension<TranslationExtension> {
 public:
  struct Reply {
    Fault fault = Fault::none;
    Address fault_address = 0;
    Translation translation{};
    bool first_level_hit = false;
    Cost cost{};  ///< zero on a first-level hit
  };

  Access access = Access::load;
  PrivilegeState privilege{};
  const Regime* regime = nullptr;
  bool translate_only = false;
  Reply reply{};

  [[nodiscard]] tlm::tlm_extension_base* clone() const override {
    return new TranslationExtension(*this);  // TLM's extension pools own clones by raw pointer
  }
  void copy_from(const tlm::tlm_extension_base& other) override {
    *this = static_cast<const TranslationExtension&>(other);
  }
};

}  // namespace kilburn::mmu
