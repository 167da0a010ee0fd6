// The plainest possible reading of an IOMMU's tables in memory, to compare an IOMMU with. It
// follows the text of chapter 2.3 of the architecture and shares only constants with the model.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>

#include "common/page_table.h"

namespace kilburn::iommu::reference {

/// Who says that an entry has changed names it by these.
struct Owner {
  std::uint32_t device = 0;
  std::uint32_t process = 0;             ///< of an entry of a process directory
  std::optional<std::uint16_t> gscid{};  ///< nothing: there is no second stage
  std::uint32_t pscid = 0;               ///< of a first stage
  friend bool operator==(const Owner&, const Owner&) = default;
};

/// What is read of the tables, one after the other.
struct Entry {
  enum class Kind : std::uint8_t { device, process, first_stage, second_stage, message };
  Kind kind = Kind::device;
  Address at = 0;
  unsigned words = 1;   ///< of 8 bytes
  PageNumber page = 0;  ///< of a stage: the page that it is read for, virtual or guest-physical
  unsigned level = 0;   ///< 0: the last of its tables
  Owner owner{};
};
using Words = std::array<std::uint64_t, 8>;
/// Nothing: no memory is there.
using Tables = std::function<std::optional<Words>(const Entry&)>;

/// As registers and the board have it.
struct Setup {
  std::uint64_t ddtp = 0;
  std::uint64_t capabilities = 0;
  bool svnapot = true;
};

struct Asked {
  enum class Kind : std::uint8_t { untranslated, translated, translation_request };
  std::uint32_t device = 0;
  std::optional<std::uint32_t> process{};
  bool privileged = false;
  Address address = 0;
  Access access = Access::load;
  Kind kind = Kind::untranslated;
};

/// The frame, or the cause.
struct Answer {
  unsigned cause = 0;
  PageNumber frame = 0;   ///< guest-physical where the device is told such (T2GPA)
  bool resident = false;  ///< the page is a memory-resident interrupt file: there is no frame
  friend bool operator==(const Answer&, const Answer&) = default;
};

/// No caches, no queues, no ownership, no time.
[[nodiscard]] Answer translate(const Tables& tables, const Setup& setup, const Asked& asked);

}  // namespace kilburn::iommu::reference
