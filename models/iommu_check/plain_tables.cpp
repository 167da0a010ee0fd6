#include "iommu_check/plain_tables.h"

#include "kilburn/iommu.h"
#include "page_table_walker/reference_walk.h"

namespace kilburn::iommu::reference {

namespace {

namespace walk = kilburn::reference;

std::uint64_t bits(std::uint64_t word, unsigned high, unsigned low) {
  return (word >> low) & ((std::uint64_t{2} << (high - low)) - 1);
}
Answer refused(unsigned cause) {
  return {.cause = cause};
}
/// Fetch, load, store: 1, 5, 7; 12, 13, 15; guest page faults are eight more.
unsigned access_fault(Access access) {
  if (access == Access::fetch) return 1;
  return access == Access::load ? 5 : 7;
}
unsigned page_fault(Access access) {
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
  bool first_ad = false;
  bool second_ad = false;
  [[nodiscard]] Stages second_only() const {
    return {.second = second, .guest_root = guest_root, .second_ad = second_ad};
  }
};

struct MessageFiles {
  bool on = false;
  std::uint64_t table = 0;
  std::uint64_t mask = 0;
  std::uint64_t pattern = 0;
  [[nodiscard]] bool holds(PageNumber page) const {
    return on && (page & ~mask) == (pattern & ~mask);
  }
};

/// One transaction.
class Reading {
 public:
  Reading(const Tables& tables, const Setup& setup, const Asked& asked)
      : tables_(tables), setup_(setup), asked_(asked) {}

  Answer answer() {
    const std::uint64_t mode = bits(setup_.ddtp, 3, 0);
    const bool ats = asked_.kind != Asked::Kind::untranslated;
    if (mode == 0) return refused(256);
    if (mode == 1) return ats ? refused(260) : Answer{.frame = asked_.address / 4096};
    owner_.device = asked_.device;
    if (const unsigned cause = find_device(static_cast<unsigned>(mode - 1))) return refused(cause);
    const bool en_ats = tc_bit(1);
    const bool t2gpa = tc_bit(3);
    const bool pdtv = tc_bit(5);
    if (ats && !en_ats) return refused(260);
    if (asked_.process && !pdtv) return refused(260);
    const unsigned pdt_bits[] = {20, 8, 17, 20};
    const std::uint64_t pdtp_mode = bits(fsc_, 63, 60);
    if (asked_.process && *asked_.process >> pdt_bits[pdtv ? pdtp_mode : 0] != 0) {
      return refused(260);
    }
    if (asked_.kind == Asked::Kind::translated) {
      if (!t2gpa) return {.frame = asked_.address / 4096};
      return through(stages_, asked_.address, asked_.access);
    }
    if (pdtv) {
      if (const unsigned cause = find_process(static_cast<unsigned>(pdtp_mode))) {
        return refused(cause);
      }
    } else {
      stages_.first = *mode_of(bits(fsc_, 63, 60), false);
      stages_.root = bits(fsc_, 43, 0);
      owner_.pscid = static_cast<std::uint32_t>(bits(ta_, 31, 12));
    }
    if (asked_.kind == Asked::Kind::translation_request && t2gpa) return to_guest_physical();
    return through(stages_, asked_.address, asked_.access);
  }

 private:
  [[nodiscard]] bool tc_bit(unsigned at) const { return bits(tc_, at, at) != 0; }
  [[nodiscard]] bool can(std::uint64_t capability) const {
    return (setup_.capabilities & capability) != 0;
  }
  [[nodiscard]] std::optional<PagingMode> mode_of(std::uint64_t field, bool second) const {
    if (field == 0) return PagingMode::bare;
    if (field < 8 || field > 10) return std::nullopt;
    const std::uint64_t there = second ? IOMMU_CAP_SV39X4 : IOMMU_CAP_SV39;
    if (!can(there << (field - 8))) return std::nullopt;
    return static_cast<PagingMode>(field - 5);
  }
  [[nodiscard]] std::optional<Words> read(Entry::Kind kind, Address at, unsigned words,
                                          unsigned level) const {
    return tables_({.kind = kind, .at = at, .words = words, .level = level, .owner = owner_});
  }

  /// 0, or the cause.
  unsigned find_device(unsigned levels) {
    const bool extended = can(IOMMU_CAP_MSI_FLAT);
    const unsigned leaf_bits = extended ? 6 : 7;
    const std::uint64_t ddi[] = {bits(asked_.device, leaf_bits - 1, 0),
                                 bits(asked_.device, leaf_bits + 8, leaf_bits),
                                 bits(asked_.device, 23, leaf_bits + 9)};
    if (levels < 3 && ddi[2] != 0) return 260;
    if (levels < 2 && ddi[1] != 0) return 260;
    Address a = bits(setup_.ddtp, 53, 10) * 4096;
    for (unsigned i = levels - 1; i > 0; --i) {
      const auto entry = read(Entry::Kind::device, a + ddi[i] * 8, 1, i);
      if (!entry) return 257;
      if (bits((*entry)[0], 0, 0) == 0) return 258;
      if (bits((*entry)[0], 9, 1) != 0 || bits((*entry)[0], 63, 54) != 0) return 259;
      a = bits((*entry)[0], 53, 10) * 4096;
    }
    const unsigned words = extended ? 8 : 4;
    const auto context = read(Entry::Kind::device, a + ddi[0] * 8 * words, words, 0);
    if (!context) return 257;
    tc_ = (*context)[0];
    ta_ = (*context)[2];
    fsc_ = (*context)[3];
    if (!tc_bit(0)) return 258;
    const std::uint64_t iohgatp = (*context)[1];
    if (!control_is_legal() || !stages_are_legal(iohgatp)) return 259;
    stages_.second = *mode_of(bits(iohgatp, 63, 60), true);
    stages_.guest_root = bits(iohgatp, 43, 0);
    stages_.first_ad = tc_bit(8);
    stages_.second_ad = tc_bit(7);
    if (stages_.second != PagingMode::bare) {
      owner_.gscid = static_cast<std::uint16_t>(bits(iohgatp, 59, 44));
    }
    return extended && !read_message_files(*context) ? 259 : 0;
  }
  [[nodiscard]] bool control_is_legal() const {
    const bool en_ats = tc_bit(1), en_pri = tc_bit(2), t2gpa = tc_bit(3), prpr = tc_bit(6);
    const bool gade = tc_bit(7), sade = tc_bit(8);
    if (bits(tc_, 23, 12) != 0 || bits(tc_, 63, 32) != 0) return false;
    if (tc_bit(10) || tc_bit(11)) return false;  // SBE, SXL
    if (!en_ats && (t2gpa || en_pri)) return false;
    if (!en_pri && prpr) return false;
    if (!can(IOMMU_CAP_ATS) && (en_ats || en_pri || prpr)) return false;
    if (!can(IOMMU_CAP_T2GPA) && t2gpa) return false;
    return can(IOMMU_CAP_AMO_HWAD) || (!gade && !sade);
  }
  [[nodiscard]] bool stages_are_legal(std::uint64_t iohgatp) const {
    const bool pdtv = tc_bit(5);
    if (bits(ta_, 11, 0) != 0 || bits(ta_, 63, 32) != 0) return false;
    if (bits(fsc_, 59, 44) != 0) return false;
    if (tc_bit(3) && bits(iohgatp, 63, 60) == 0) return false;
    if (pdtv && bits(fsc_, 63, 60) > 3) return false;
    if (!pdtv && (!mode_of(bits(fsc_, 63, 60), false) || tc_bit(9))) return false;
    const auto second = mode_of(bits(iohgatp, 63, 60), true);
    return second && (*second == PagingMode::bare || bits(iohgatp, 1, 0) == 0);
  }
  [[nodiscard]] bool read_message_files(const Words& context) {
    const std::uint64_t mode = bits(context[4], 63, 60);
    // As wide as the guest-physical addresses of the widest second stage.
    const unsigned width = can(IOMMU_CAP_SV57X4) ? 47 : can(IOMMU_CAP_SV48X4) ? 38 : 29;
    if (bits(context[4], 59, 44) != 0 || mode > 1 || context[7] != 0) return false;
    if (context[5] >> width != 0 || context[6] >> width != 0) return false;
    if (mode == 0) return true;
    files_ = {
        .on = true, .table = bits(context[4], 43, 0), .mask = context[5], .pattern = context[6]};
    return stages_.second != PagingMode::bare;
  }

  /// 0, or the cause.
  unsigned find_process(unsigned levels) {
    std::optional<std::uint32_t> process = asked_.process;
    if (!process && tc_bit(9)) process = 0;
    if (!process || levels == 0) return 0;
    owner_.process = *process;
    const std::uint64_t pdi[] = {bits(*process, 7, 0), bits(*process, 16, 8),
                                 bits(*process, 19, 17)};
    Address a = bits(fsc_, 43, 0) * 4096;
    Words context{};
    for (unsigned i = levels; i-- > 0;) {
      Address at = a + pdi[i] * (i == 0 ? 16 : 8);
      if (stages_.second != PagingMode::bare) {
        const walk::Result place = walked(stages_.second_only(), at, Access::load, {});
        if (place.fault == Fault::guest_page_fault) return page_fault(asked_.access) + 8;
        if (place.fault != Fault::none) return 265;
        at = place.translation.pfn * 4096 + at % 4096;
      }
      const auto entry = read(Entry::Kind::process, at, i == 0 ? 2 : 1, i);
      if (!entry) return 265;
      context = *entry;
      if (bits(context[0], 0, 0) == 0) return 266;
      if (i == 0) break;
      if (bits(context[0], 9, 1) != 0 || bits(context[0], 63, 54) != 0) return 267;
      a = bits(context[0], 53, 10) * 4096;
    }
    const std::uint64_t ta = context[0];
    const std::uint64_t fsc = context[1];
    if (bits(ta, 11, 3) != 0 || bits(ta, 63, 32) != 0) return 267;
    if (bits(fsc, 59, 44) != 0 || !mode_of(bits(fsc, 63, 60), false)) return 267;
    const bool privileged = asked_.process && asked_.privileged;
    if (privileged && bits(ta, 1, 1) == 0) return 260;
    stages_.first = *mode_of(bits(fsc, 63, 60), false);
    stages_.root = bits(fsc, 43, 0);
    stages_.supervisor = privileged;
    stages_.sum = bits(ta, 2, 2) != 0;
    owner_.pscid = static_cast<std::uint32_t>(bits(ta, 31, 12));
    return 0;
  }

  [[nodiscard]] walk::Result walked(const Stages& stages, Address address, Access access,
                                    const std::function<bool(PageNumber)>& ends_between) const {
    const bool supervisor = stages.supervisor && stages.first != PagingMode::bare;
    const walk::EntryMemory memory =
        [&](const walk::TableEntry& entry) -> std::optional<std::uint64_t> {
      const auto found =
          tables_({.kind = entry.guest ? Entry::Kind::second_stage : Entry::Kind::first_stage,
                   .at = entry.physical,
                   .page = entry.of / 4096,
                   .level = entry.level,
                   .owner = owner_});
      if (!found) return std::nullopt;
      return (*found)[0];
    };
    return walk::walk(
        memory, {stages.first, stages.root, stages.second, stages.guest_root}, address, access,
        {.privilege = supervisor ? Privilege::supervisor : Privilege::user, .sum = stages.sum},
        {.svnapot = setup_.svnapot,
         .svpbmt = can(IOMMU_CAP_SVPBMT),
         .hardware_ad = stages.first_ad,
         .guest_hardware_ad = stages.second_ad,
         .ends_between = ends_between});
  }
  [[nodiscard]] static unsigned cause_of(Fault fault, Access access) {
    if (fault == Fault::access_fault) return access_fault(access);
    return page_fault(access) + (fault == Fault::guest_page_fault ? 8 : 0);
  }

  [[nodiscard]] Answer through(const Stages& stages, Address address, Access access) const {
    if (stages.first == PagingMode::bare) {
      if (files_.holds(address / 4096)) return to_message_file(address / 4096, access);
      if (stages.second == PagingMode::bare) return {.frame = address / 4096};
    }
    const auto files = [this](PageNumber page) { return files_.holds(page); };
    const walk::Result result = walked(stages, address, access, files);
    if (result.fault != Fault::none) return refused(cause_of(result.fault, access));
    if (result.between) return to_message_file(result.translation.pfn, access);
    return {.frame = result.translation.pfn};
  }
  /// Both stages must allow it; the device is told what the first says.
  [[nodiscard]] Answer to_guest_physical() const {
    Address guest = asked_.address;
    if (stages_.first != PagingMode::bare) {
      const walk::Result first =
          walked(stages_, guest, asked_.access, [](PageNumber) { return true; });
      if (first.fault != Fault::none) return refused(cause_of(first.fault, asked_.access));
      guest = first.translation.pfn * 4096 + guest % 4096;
    }
    Stages second = stages_;
    second.first = PagingMode::bare;
    Answer answer = through(second, guest, asked_.access);
    answer.frame = guest / 4096;
    return answer;
  }
  /// Source: Advanced Interrupt Architecture 1.0, chapter 9.5.
  [[nodiscard]] Answer to_message_file(PageNumber page, Access access) const {
    if (access == Access::fetch) return refused(1);
    std::uint64_t number = 0;
    unsigned to = 0;
    for (unsigned bit = 0; bit < 52; ++bit) {
      if (bits(files_.mask, bit, bit) != 0) number |= bits(page, bit, bit) << to++;
    }
    const Address at = files_.table * 4096 | number * 16;
    if (at >> 56 != 0) return refused(261);
    const auto found = read(Entry::Kind::message, at, 2, 0);
    if (!found) return refused(261);
    const std::uint64_t low = (*found)[0];
    const std::uint64_t high = (*found)[1];
    if (bits(low, 0, 0) == 0) return refused(262);
    if (bits(low, 63, 63) != 0) return refused(263);  // custom
    if (bits(low, 2, 1) == 3) {
      if (bits(low, 9, 3) != 0 || bits(low, 62, 54) != 0) return refused(263);
      return {.frame = bits(low, 53, 10)};
    }
    if (bits(low, 2, 1) != 1 || !can(IOMMU_CAP_MSI_MRIF)) return refused(263);
    if (bits(low, 6, 3) != 0 || bits(low, 62, 54) != 0) return refused(263);
    if (bits(high, 59, 54) != 0 || bits(high, 63, 61) != 0) return refused(263);
    return {.resident = true};
  }

  const Tables& tables_;
  const Setup& setup_;
  const Asked& asked_;
  Owner owner_{};
  std::uint64_t tc_ = 0;
  std::uint64_t ta_ = 0;
  std::uint64_t fsc_ = 0;
  Stages stages_{};
  MessageFiles files_{};
};

}  // namespace

Answer translate(const Tables& tables, const Setup& setup, const Asked& asked) {
  return Reading(tables, setup, asked).answer();
}

}  // namespace kilburn::iommu::reference
