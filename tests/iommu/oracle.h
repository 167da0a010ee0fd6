// The plainest possible reading of an IOMMU's tables in memory, to compare the model with. It
// follows the text of chapter 2.3 of the architecture and shares only constants with the model: no
// caches, no queues, no ownership, no MSI page tables; memory is a function.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "common/page_table.h"
#include "page_table_walker/reference_walk.h"

namespace kilburn::iommu::reference {

using Memory = std::function<std::uint64_t(Address)>;

struct Asked {
  std::uint32_t device = 0;
  std::optional<std::uint32_t> process{};
  bool privileged = false;
  Address address = 0;
  Access access = Access::load;
};

/// The frame, or the cause.
struct Answer {
  unsigned cause = 0;
  PageNumber frame = 0;
};

namespace detail {

inline std::uint64_t bits(std::uint64_t word, unsigned high, unsigned low) {
  return (word >> low) & ((std::uint64_t{2} << (high - low)) - 1);
}
inline Answer refused(unsigned cause) {
  return {.cause = cause};
}
inline std::optional<PagingMode> mode(std::uint64_t field) {
  if (field == 0) return PagingMode::bare;
  if (field < 8 || field > 10) return std::nullopt;
  return static_cast<PagingMode>(field - 5);
}
/// 12, 13 or 15; guest page faults are eight more.
inline unsigned page_fault(Access access) {
  if (access == Access::fetch) return 12;
  return access == Access::load ? 13 : 15;
}

struct Stages {
  PagingMode first = PagingMode::bare;
  PageNumber root = 0;
  PagingMode second = PagingMode::bare;
  PageNumber guest_root = 0;
  bool supervisor = false;
  bool sum = false;
  bool hardware_ad = false;
};

inline Answer through(const Memory& memory, const Stages& stages, Address address, Access access) {
  if (stages.first == PagingMode::bare && stages.second == PagingMode::bare) {
    return {.frame = address / 4096};
  }
  const bool supervisor = stages.supervisor && stages.first != PagingMode::bare;
  const auto walked = kilburn::reference::walk(
      memory, {stages.first, stages.root, stages.second, stages.guest_root}, address, access,
      {.privilege = supervisor ? Privilege::supervisor : Privilege::user, .sum = stages.sum},
      {.hardware_ad = stages.hardware_ad});
  if (walked.fault == Fault::page_fault) return refused(page_fault(access));
  if (walked.fault == Fault::guest_page_fault) return refused(page_fault(access) + 8);
  return {.frame = walked.translation.pfn};
}

}  // namespace detail

/// Where one stage alone has A and D set by hardware, it takes both for such: it then says yes
/// where the architecture may say no, never the reverse. Device contexts of the base format, all
/// capabilities of the default configuration but MSI page tables. `ddtp` as its register has it.
inline Answer translate(const Memory& memory, std::uint64_t ddtp, const Asked& asked) {
  using detail::bits;
  using detail::refused;
  const std::uint64_t iommu_mode = bits(ddtp, 3, 0);
  if (iommu_mode == 0) return refused(256);
  if (iommu_mode == 1) return {.frame = asked.address / 4096};
  const auto levels = static_cast<unsigned>(iommu_mode - 1);
  const std::uint64_t ddi[] = {bits(asked.device, 6, 0), bits(asked.device, 15, 7),
                               bits(asked.device, 23, 16)};
  if (levels < 3 && ddi[2] != 0) return refused(260);
  if (levels < 2 && ddi[1] != 0) return refused(260);
  Address a = bits(ddtp, 53, 10) * 4096;
  for (unsigned i = levels - 1; i > 0; --i) {
    const std::uint64_t entry = memory(a + ddi[i] * 8);
    if (bits(entry, 0, 0) == 0) return refused(258);
    if (bits(entry, 9, 1) != 0 || bits(entry, 63, 54) != 0) return refused(259);
    a = bits(entry, 53, 10) * 4096;
  }
  a += ddi[0] * 32;
  const std::uint64_t tc = memory(a);
  const std::uint64_t iohgatp = memory(a + 8);
  const std::uint64_t ta = memory(a + 16);
  const std::uint64_t fsc = memory(a + 24);
  const auto tc_bit = [tc](unsigned at) { return bits(tc, at, at) != 0; };
  if (!tc_bit(0)) return refused(258);
  const bool en_ats = tc_bit(1), en_pri = tc_bit(2), t2gpa = tc_bit(3), pdtv = tc_bit(5);
  const bool prpr = tc_bit(6), gade = tc_bit(7), sade = tc_bit(8), dpe = tc_bit(9);
  if (bits(tc, 23, 12) != 0 || bits(tc, 63, 32) != 0) return refused(259);
  if (bits(ta, 11, 0) != 0 || bits(ta, 63, 32) != 0) return refused(259);
  if (bits(fsc, 59, 44) != 0) return refused(259);
  if (!en_ats && (t2gpa || en_pri)) return refused(259);
  if (!en_pri && prpr) return refused(259);
  if (t2gpa && bits(iohgatp, 63, 60) == 0) return refused(259);
  if (pdtv && bits(fsc, 63, 60) > 3) return refused(259);
  if (!pdtv && (!detail::mode(bits(fsc, 63, 60)) || dpe)) return refused(259);
  const auto second = detail::mode(bits(iohgatp, 63, 60));
  if (!second) return refused(259);
  if (*second != PagingMode::bare && bits(iohgatp, 1, 0) != 0) return refused(259);
  if (tc_bit(10) || tc_bit(11)) return refused(259);  // SBE, SXL

  if (asked.process && !pdtv) return refused(260);
  const unsigned pdt_bits[] = {20, 8, 17, 20};
  const std::uint64_t pdtp_mode = bits(fsc, 63, 60);
  if (asked.process && *asked.process >> pdt_bits[pdtp_mode] != 0) return refused(260);
  detail::Stages stages{
      .second = *second, .guest_root = bits(iohgatp, 43, 0), .hardware_ad = gade || sade};
  if (!pdtv) {
    stages.first = *detail::mode(bits(fsc, 63, 60));
    stages.root = bits(fsc, 43, 0);
    return detail::through(memory, stages, asked.address, asked.access);
  }
  std::optional<std::uint32_t> process = asked.process;
  if (!process && dpe) process = 0;
  if (!process || pdtp_mode == 0) {
    return detail::through(memory, stages, asked.address, asked.access);
  }
  const std::uint64_t pdi[] = {bits(*process, 7, 0), bits(*process, 16, 8), bits(*process, 19, 17)};
  a = bits(fsc, 43, 0) * 4096;
  std::uint64_t pc_ta = 0;
  std::uint64_t pc_fsc = 0;
  for (auto i = static_cast<unsigned>(pdtp_mode); i-- > 0;) {
    Address at = a + pdi[i] * (i == 0 ? 16 : 8);
    if (stages.second != PagingMode::bare) {
      const detail::Stages only_second{.second = stages.second,
                                       .guest_root = stages.guest_root,
                                       .hardware_ad = stages.hardware_ad};
      const Answer place = detail::through(memory, only_second, at, Access::load);
      if (place.cause != 0) return refused(detail::page_fault(asked.access) + 8);
      at = place.frame * 4096 + at % 4096;
    }
    const std::uint64_t entry = memory(at);
    if (bits(entry, 0, 0) == 0) return refused(266);
    if (i > 0) {
      if (bits(entry, 9, 1) != 0 || bits(entry, 63, 54) != 0) return refused(267);
      a = bits(entry, 53, 10) * 4096;
      continue;
    }
    pc_ta = entry;
    pc_fsc = memory(at + 8);
  }
  if (bits(pc_ta, 11, 3) != 0 || bits(pc_ta, 63, 32) != 0) return refused(267);
  if (bits(pc_fsc, 59, 44) != 0 || !detail::mode(bits(pc_fsc, 63, 60))) return refused(267);
  const bool privileged = asked.process && asked.privileged;
  if (privileged && bits(pc_ta, 1, 1) == 0) return refused(260);
  stages.first = *detail::mode(bits(pc_fsc, 63, 60));
  stages.root = bits(pc_fsc, 43, 0);
  stages.supervisor = privileged;
  stages.sum = bits(pc_ta, 2, 2) != 0;
  return detail::through(memory, stages, asked.address, asked.access);
}

}  // namespace kilburn::iommu::reference
