// One page through the stages in force, MSI page tables, and the RMU.
// Source: RISC-V IOMMU Architecture 1.0.0, chapter 2.3, steps 17 to 20.
#pragma once

#include <cstdint>
#include <optional>

#include "common/typed_address.h"
#include "dma/translator.h"
#include "iommu/address_spaces.h"
#include "iommu/cause.h"
#include "iommu/directories.h"
#include "iommu/msi_table.h"
#include "iommu/scope.h"
#include "mmu/mmu.h"

namespace kilburn::iommu {

struct TranslatedPage {
  std::optional<Cause> cause{};
  std::uint64_t iotval2 = 0;
  dma::DmaPage page;
  std::optional<MsiTarget> message{};  ///< of an interrupt file
};

/// Every walk is the translation service's, behind the IOTLB; every frame is the RMU's to allow.
class PageTranslation {
 public:
  PageTranslation(mmu::Mmu& iotlb, AddressSpaces& spaces, CheckedMemory& memory,
                  std::uint64_t capabilities)
      : iotlb_(iotlb), spaces_(spaces), memory_(memory), capabilities_(capabilities) {}

  TranslatedPage translate(const Scope& scope, std::uint16_t realm, IoVirtualAddress at,
                           Access access, Cycles now);
  /// For a device that is given guest-physical addresses (T2GPA): `page.translation.pfn` is the
  /// guest-physical page, to which both stages allow the access.
  TranslatedPage translate_to_guest(const Scope& scope, std::uint16_t realm, IoVirtualAddress at,
                                    Access access, Cycles now);

  /// For the IOMMU's own read of the process directory of a device of `realm`.
  GuestAddressing::Place guest_physical(const DeviceContext& device, std::uint16_t realm,
                                        Address address, Cycles now);

 private:
  TranslatedPage through_stages(const PrivilegeState& privilege, const AddressSpace& space,
                                IoVirtualAddress at, Access access, const GuestPageWatch* watch,
                                Cycles now);
  TranslatedPage to_interrupt_file(const Scope& scope, std::uint16_t realm, Address guest,
                                   Access access, Cycles now);
  TranslatedPage untranslated(std::uint16_t realm, IoVirtualAddress at, Access access, Cycles now);

  mmu::Mmu& iotlb_;
  AddressSpaces& spaces_;
  CheckedMemory& memory_;
  std::uint64_t capabilities_;
};

}  // namespace kilburn::iommu
