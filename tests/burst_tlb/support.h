// What the burst TLB tests share: short names for pages, fills and lookups.
#pragma once

#include <gtest/gtest.h>

#include <fmt/format.h>

#include <cstdint>
#include <ostream>
#include <string>

#include "burst_tlb/burst_tlb.h"
#include "burst_tlb/coalesced_tlb.h"

namespace kilburn::burst_tlb {

inline constexpr std::uint8_t user_data =
    pte::read | pte::write | pte::user | pte::accessed | pte::dirty;

inline Translation page(PageNumber vpn, PageNumber pfn, std::uint64_t permissions = user_data) {
  return {.vpn = vpn, .pfn = pfn, .permissions = static_cast<std::uint8_t>(permissions)};
}
inline Translation global_page(PageNumber vpn, PageNumber pfn) {
  return page(vpn, pfn, user_data | pte::global);
}
inline Outcome look(Tlb& tlb, PageNumber vpn, Context context = {}, Access access = Access::load) {
  return tlb.lookup({.vpn = vpn, .context = context, .access = access}).outcome;
}
inline PageNumber frame_of(Tlb& tlb, PageNumber vpn, Context context = {}) {
  const Lookup found = tlb.lookup({.vpn = vpn, .context = context});
  EXPECT_EQ(found.outcome, Outcome::hit) << "page " << vpn;
  return found.translation.pfn;
}
inline void install(Tlb& tlb, const Translation& translation, Context context = {}) {
  tlb.fill(translation, context, {});
}

inline std::ostream& operator<<(std::ostream& out, Outcome outcome) {
  constexpr const char* names[] = {"hit", "miss_tag", "miss_unit", "miss_content"};
  return out << names[static_cast<unsigned>(outcome)];
}
inline std::string text(const TlbConfig& c) {
  return fmt::format(
      "organisation {} entries {} ways {} units {} context_in {} fill {} replacement {} "
      "large_pages {} side_entries {}",
      static_cast<int>(c.organisation), c.entries, c.ways, c.units_per_tag,
      static_cast<int>(c.context_in), static_cast<int>(c.fill), static_cast<int>(c.replacement),
      static_cast<int>(c.large_pages), c.side_entries);
}

}  // namespace kilburn::burst_tlb
