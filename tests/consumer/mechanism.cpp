// A burst TLB in somebody else's simulator: no SystemC, no platform.
#include <cstdio>
#include <vector>

#include "burst_tlb/burst_tlb.h"

int main() {
  using namespace kilburn;
  const auto tlb = burst_tlb::make_tlb({.entries = 4, .units_per_tag = 8});
  const Context context{.asid = 3};
  const auto page = [](PageNumber vpn, PageNumber pfn) {
    return Translation{
        .vpn = vpn, .pfn = pfn, .permissions = pte::read | pte::user | pte::accessed};
  };
  // Pages 16 to 23 lie under one tag, in frames that are anywhere.
  std::vector<Translation> neighbours;
  for (PageNumber i = 1; i < 8; ++i) neighbours.push_back(page(16 + i, 1000 - 7 * i));
  tlb->fill(page(16, 1000), context, neighbours);
  unsigned hits = 0;
  for (PageNumber vpn = 15; vpn < 25; ++vpn) {
    const burst_tlb::Lookup found = tlb->lookup({vpn, context});
    if (found.outcome != burst_tlb::Outcome::hit) continue;
    if (found.translation.pfn != 1000 - 7 * (vpn - 16)) return 1;
    ++hits;
  }
  std::printf("%u of 10 pages hit\n", hits);
  return hits == 8 ? 0 : 1;
}
