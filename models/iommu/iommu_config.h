// Parameters of the IOMMU, and what they make of its capabilities register.
#pragma once

#include <cstdint>

#include "burst_tlb/tlb.h"
#include "common/page_table.h"
#include "common/parameters.h"
#include "common/replacement.h"

namespace kilburn::iommu {

/// A cache of device or process contexts.
struct ContextCacheConfig {
  std::uint32_t entries = 32;
  std::uint32_t ways = 0;  ///< 0: fully associative
  Replacement replacement = Replacement::lru;

  [[nodiscard]] std::uint32_t associativity() const { return ways == 0 ? entries : ways; }
  [[nodiscard]] std::uint32_t sets() const { return entries / associativity(); }
  void visit(ParameterVisitor& v);
};

/// capabilities.IGS.
enum class InterruptBy : std::uint8_t { message, wire, both };

struct IommuConfig {
  burst_tlb::TlbConfig iotlb{.entries = 64, .side_entries = 32};
  ContextCacheConfig device_contexts{};
  ContextCacheConfig process_contexts{.entries = 64};
  std::uint32_t address_spaces = 256;
  bool msi_flat = true;
  bool msi_mrif = true;
  bool ats = true;
  InterruptBy interrupts = InterruptBy::both;
  std::uint16_t realm = 0;
  std::uint32_t command_cycles = 20;
  std::uint32_t ats_timeout = 200'000'000;  // 100 ms of 2 GHz

  void visit(ParameterVisitor& v);
};

/// What the walker behind it can do: the IOMMU promises no more.
struct WalkerAbilities {
  PagingMode largest_mode = PagingMode::sv57;
  bool hardware_ad = true;  ///< it sets A and D where it is asked to
  bool svpbmt = true;
};

/// The register, as software reads it.
[[nodiscard]] std::uint64_t capabilities_of(const IommuConfig& config,
                                            const WalkerAbilities& walker);

}  // namespace kilburn::iommu
