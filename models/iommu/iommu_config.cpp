#include "iommu/iommu_config.h"

#include <bit>

#include "kilburn/iommu.h"

namespace kilburn::iommu {

void ContextCacheConfig::visit(ParameterVisitor& v) {
  v.integer("entries", entries, {1, 4096}, "entries", "contexts that it holds");
  v.integer("ways", ways, {0, 4096}, "entries", "entries of a set; 0: fully associative");
  v.choice("replacement", replacement, {"lru", "tree_plru", "round_robin", "random"},
           "which entry of a full set makes room");
  v.require(ways == 0 || (ways <= entries && entries % ways == 0 && std::has_single_bit(sets())),
            "ways divide entries into a power of two of sets");
  v.require(replacement != Replacement::tree_plru || std::has_single_bit(associativity()),
            "tree_plru needs a power of two of ways");
}

void IommuConfig::visit(ParameterVisitor& v) {
  v.block("iotlb", iotlb, "first-level TLB of all devices");
  v.block("device_contexts", device_contexts, "cache of device contexts");
  v.block("process_contexts", process_contexts, "cache of process contexts");
  v.integer("address_spaces", address_spaces, {8, 8000}, "spaces",
            "address spaces of devices that the translation structures tell apart at a time");
  v.flag("msi_flat", msi_flat, "MSI page tables, and with them device contexts of 64 bytes");
  v.flag("msi_mrif", msi_mrif, "memory-resident interrupt files; only with msi_flat");
  v.flag("ats", ats, "PCI Express address translation services and page requests");
  v.choice("interrupts", interrupts, {"message", "wire", "both"},
           "how it can interrupt; of both software chooses one");
  v.integer("realm", realm, {0, UINT16_MAX}, "realm",
            "for whom it reads directories and queues, and devices access memory");
  v.integer("command_cycles", command_cycles, {1, 100'000}, "cycles",
            "a command takes, beside its accesses to memory and what it waits for");
  v.integer("ats_timeout", ats_timeout, {1, 4'000'000'000}, "cycles",
            "that a function may take to complete an ATS invalidation");
}

std::uint64_t capabilities_of(const IommuConfig& config, const WalkerAbilities& walker) {
  const auto with = [](bool has, std::uint64_t bit) { return has ? bit : 0; };
  constexpr std::uint64_t igs[] = {IOMMU_CAP_IGS_MSI, IOMMU_CAP_IGS_WSI, IOMMU_CAP_IGS_BOTH};
  const bool mrif = config.msi_flat && config.msi_mrif;
  constexpr std::uint64_t physical_bits = IOMMU_PPN_BITS + page_shift;
  return IOMMU_CAP_VERSION_1_0 | IOMMU_CAP_SV39 | IOMMU_CAP_SV39X4 |
         with(walker.largest_mode >= PagingMode::sv48, IOMMU_CAP_SV48 | IOMMU_CAP_SV48X4) |
         with(walker.largest_mode >= PagingMode::sv57, IOMMU_CAP_SV57 | IOMMU_CAP_SV57X4) |
         with(walker.svpbmt, IOMMU_CAP_SVPBMT) |
         with(mrif, IOMMU_CAP_MSI_MRIF | IOMMU_CAP_AMO_MRIF) |
         with(config.msi_flat, IOMMU_CAP_MSI_FLAT) | with(walker.hardware_ad, IOMMU_CAP_AMO_HWAD) |
         with(config.ats, IOMMU_CAP_ATS | IOMMU_CAP_T2GPA) |
         igs[static_cast<unsigned>(config.interrupts)] << IOMMU_CAP_IGS_SHIFT | IOMMU_CAP_DBG |
         physical_bits << IOMMU_CAP_PAS_SHIFT | IOMMU_CAP_PD8 | IOMMU_CAP_PD17 | IOMMU_CAP_PD20;
}

}  // namespace kilburn::iommu
