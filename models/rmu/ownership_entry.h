// One entry of the ownership table: 16 bytes of simulated memory that say who owns a granule.
// The bit positions are those of sw/include/kilburn/rmu.h, which software reads them by.
// Source: US 11,263,155 (ownership table; region fuse).
#pragma once

#include <cstdint>

#include "common/context_widths.h"
#include "kilburn/rmu.h"

namespace kilburn::rmu {

static_assert(RMU_ENTRY_OWNER_MASK == (1U << context_widths::realm) - 1);

using Granule = std::uint64_t;  ///< number of a granule, from the first of the covered memory

enum class State : std::uint8_t {
  invalid = RMU_STATE_INVALID,      ///< nobody's; what memory of zeros means
  clean = RMU_STATE_CLEAN,          ///< nobody's, zeroed, to be given to an owner
  valid = RMU_STATE_VALID,          ///< its owner's
  rmu_private = RMU_STATE_PRIVATE,  ///< an owner's, kept by the RMU: no software access
  scrub = RMU_STATE_SCRUB,          ///< being zeroed: no access
};

/// In the order of the rights that they give to realms other than the owner.
enum class Sharing : std::uint8_t {
  exclusive = RMU_SHARING_EXCLUSIVE,
  shared_read_only = RMU_SHARING_READ_ONLY,  ///< other realms fetch and load
  shared = RMU_SHARING_SHARED,               ///< other realms store, too
};

struct Entry {
  State state = State::invalid;
  Sharing sharing = Sharing::exclusive;
  std::uint16_t owner = 0;
  std::uint8_t order = 0;   ///< head of a group of 2^order granules
  bool busy = false;        ///< a command is changing this entry
  bool member = false;      ///< only in the reply to a query: no entry in memory has it set
  bool data_only = false;   ///< holds no page tables: the walker is refused
  bool mapped_any = false;  ///< translated from anywhere: no reverse-mapping check
  PageNumber mapped = 0;    ///< the 4 KiB page that the granule's first frame is translated from

  friend bool operator==(const Entry&, const Entry&) = default;
};

[[nodiscard]] constexpr bool has_owner(const Entry& entry) {
  return entry.state == State::valid || entry.state == State::rmu_private ||
         entry.state == State::scrub;
}

/// The entry as it stands in memory while a command is changing it.
[[nodiscard]] constexpr Entry busied(Entry entry) {
  entry.busy = true;
  return entry;
}

/// Word 0 of the entry. It governs, and one 8-byte write changes it.
/// Example: valid, owned by realm 5, head of 512 granules: 0x0005'0902.
[[nodiscard]] constexpr std::uint64_t rights_word(const Entry& entry) {
  return std::uint64_t{static_cast<std::uint8_t>(entry.state)} << RMU_ENTRY_STATE_SHIFT |
         std::uint64_t{static_cast<std::uint8_t>(entry.sharing)} << RMU_ENTRY_SHARING_SHIFT |
         std::uint64_t{entry.busy ? 1U : 0U} << RMU_ENTRY_BUSY_SHIFT |
         std::uint64_t{entry.member ? 1U : 0U} << RMU_ENTRY_MEMBER_SHIFT |
         std::uint64_t{entry.data_only ? 1U : 0U} << RMU_ENTRY_DATA_SHIFT |
         std::uint64_t{entry.order} << RMU_ENTRY_ORDER_SHIFT |
         std::uint64_t{entry.owner} << RMU_ENTRY_OWNER_SHIFT;
}

/// Word 1 of the entry. Example: mapped page 0x80000: 0x80000.
[[nodiscard]] constexpr std::uint64_t mapping_word(const Entry& entry) {
  return entry.mapped | std::uint64_t{entry.mapped_any ? 1U : 0U} << RMU_ENTRY_MAPPED_ANY_BIT;
}

inline constexpr PageNumber mapped_mask = (PageNumber{1} << RMU_ENTRY_MAPPED_BITS) - 1;

/// The entry that memory holds, whatever is in there: an undefined state reads as private and an
/// undefined sharing as exclusive, so that a damaged entry gives no rights that a good one would
/// not.
[[nodiscard]] constexpr Entry decode(std::uint64_t rights, std::uint64_t mapping) {
  const auto field = [rights](unsigned shift, unsigned mask) {
    return static_cast<unsigned>(rights >> shift) & mask;
  };
  const unsigned state = field(RMU_ENTRY_STATE_SHIFT, RMU_ENTRY_STATE_MASK);
  const unsigned sharing = field(RMU_ENTRY_SHARING_SHIFT, RMU_ENTRY_SHARING_MASK);
  return {
      .state = state < RMU_STATE_COUNT ? static_cast<State>(state) : State::rmu_private,
      .sharing = sharing < RMU_SHARING_COUNT ? static_cast<Sharing>(sharing) : Sharing::exclusive,
      .owner = static_cast<std::uint16_t>(field(RMU_ENTRY_OWNER_SHIFT, RMU_ENTRY_OWNER_MASK)),
      .order = static_cast<std::uint8_t>(field(RMU_ENTRY_ORDER_SHIFT, RMU_ENTRY_ORDER_MASK)),
      .busy = field(RMU_ENTRY_BUSY_SHIFT, 1) != 0,
      .member = field(RMU_ENTRY_MEMBER_SHIFT, 1) != 0,
      .data_only = field(RMU_ENTRY_DATA_SHIFT, 1) != 0,
      .mapped_any = (mapping >> RMU_ENTRY_MAPPED_ANY_BIT & 1) != 0,
      .mapped = mapping & mapped_mask,
  };
}

}  // namespace kilburn::rmu
