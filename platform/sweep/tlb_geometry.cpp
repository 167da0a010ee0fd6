#include "platform/sweep/tlb_geometry.h"

#include <algorithm>
#include <vector>

namespace kilburn::platform::sweep {

namespace {

constexpr std::uint64_t largest = 65536;

/// Legal numbers of entries, ascending.
std::vector<std::uint32_t> legal_entries(const burst_tlb::TlbConfig& tlb) {
  std::vector<std::uint32_t> entries;
  const bool powers = tlb.ways != 0 || tlb.replacement == Replacement::tree_plru;
  for (std::uint64_t n = std::max(tlb.ways, 1U); n <= largest; n = powers ? 2 * n : n + 1) {
    entries.push_back(static_cast<std::uint32_t>(n));
  }
  return entries;
}

}  // namespace

burst_tlb::TlbConfig* find_tlb(PlatformConfig& config, std::string_view path) {
  if (path == tlb_paths[0]) return &config.mmu.first_level.itlb;
  if (path == tlb_paths[1]) return &config.mmu.first_level.dtlb;
  if (path == tlb_paths[2]) return &config.mmu.service.l2tlb;
  return nullptr;
}

std::optional<std::uint32_t> most_entries(burst_tlb::TlbConfig tlb, PagingMode mode,
                                          std::uint64_t budget) {
  const std::vector<std::uint32_t> legal = legal_entries(tlb);
  // Bits grow with entries: a set more costs more than the tag bit that twice the sets save.
  const auto above = std::ranges::partition_point(legal, [&](std::uint32_t entries) {
    tlb.entries = entries;
    return storage_bits(tlb, mode).total <= budget;
  });
  if (above == legal.begin()) return std::nullopt;
  return *(above - 1);
}

burst_tlb::TlbConfig conventional_of_equal_bits(burst_tlb::TlbConfig tlb, PagingMode mode) {
  const std::uint64_t budget = storage_bits(tlb, mode).total;
  tlb.organisation = burst_tlb::Organisation::conventional;
  const bool tree = tlb.replacement == Replacement::tree_plru;
  const std::uint32_t most_ways = tlb.ways == 0 || tree ? tlb.ways : 2 * tlb.ways - 1;
  burst_tlb::TlbConfig nearest = tlb;
  std::uint64_t least = UINT64_MAX;
  for (; tlb.ways <= most_ways; ++tlb.ways) {
    const auto below = most_entries(tlb, mode, budget);
    if (!below) break;
    const std::uint32_t above = tlb.ways != 0 || tree ? 2 * *below : *below + 1;
    for (const std::uint32_t entries : {*below, above}) {
      tlb.entries = entries;
      const std::uint64_t bits = storage_bits(tlb, mode).total;
      const std::uint64_t difference = std::max(bits, budget) - std::min(bits, budget);
      if (difference >= least) continue;
      least = difference;
      nearest = tlb;
    }
  }
  return nearest;
}

}  // namespace kilburn::platform::sweep
