// Device and process contexts: what their words in memory say, and which of them are misconfigured.
// Source: RISC-V IOMMU Architecture 1.0.0, chapters 2.1 to 2.3.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "common/page_table.h"
#include "common/types.h"

namespace kilburn::iommu {

/// Which pages of guest-physical space are interrupt files of the guest's harts.
/// Source: RISC-V Advanced Interrupt Architecture 1.0, chapter 9.4.
struct InterruptFiles {
  bool on = false;
  std::uint64_t mask = 0;     ///< bits of a page number that number the file
  std::uint64_t pattern = 0;  ///< the others, as they are in all files
  friend bool operator==(const InterruptFiles&, const InterruptFiles&) = default;

  [[nodiscard]] bool holds(PageNumber page) const {
    return on && ((page ^ pattern) & ~mask & all_pages) == 0;
  }
  /// Number of the file in `page`: the bits under the mask, packed.
  [[nodiscard]] std::uint64_t number_of(PageNumber page) const;
  /// log2 of the largest naturally aligned block round `page` that holds no file.
  [[nodiscard]] std::uint8_t order_without(PageNumber page) const;

 private:
  static constexpr std::uint64_t all_pages = (std::uint64_t{1} << (64 - page_shift)) - 1;
};

/// Tables of a first stage, and who is behind them.
struct FirstStage {
  PagingMode mode = PagingMode::bare;
  PageNumber root = 0;
  std::uint32_t pscid = 0;  ///< 20 bits
  friend bool operator==(const FirstStage&, const FirstStage&) = default;
};

/// Of the process directory: 0 levels are mode Bare.
struct ProcessDirectory {
  unsigned levels = 0;
  PageNumber root = 0;  ///< guest-physical where there is a second stage
};

struct DeviceContext {
  bool ats = false;                 ///< EN_ATS
  bool page_requests = false;       ///< EN_PRI
  bool to_guest_physical = false;   ///< T2GPA
  bool silent = false;              ///< DTF
  bool has_processes = false;       ///< PDTV
  bool response_has_pasid = false;  ///< PRPR
  bool guest_ad = false;            ///< GADE
  bool first_ad = false;            ///< SADE
  bool default_process = false;     ///< DPE
  PagingMode guest_mode = PagingMode::bare;
  PageNumber guest_root = 0;
  std::uint16_t gscid = 0;
  FirstStage first{};            ///< without processes
  ProcessDirectory directory{};  ///< with them
  PageNumber msi_table = 0;
  InterruptFiles files{};
};

struct ProcessContext {
  bool supervisor = false;  ///< ENS
  bool sum = false;
  FirstStage first{};
};

/// By `capabilities`. Nothing: misconfigured. The words have V set.
[[nodiscard]] std::optional<DeviceContext> decode_device_context(
    std::span<const std::uint64_t> words, std::uint64_t capabilities);
[[nodiscard]] std::optional<ProcessContext> decode_process_context(
    std::span<const std::uint64_t> words, std::uint64_t capabilities);
/// The next table's frame. Nothing: misconfigured.
[[nodiscard]] std::optional<PageNumber> decode_table_entry(std::uint64_t entry);

}  // namespace kilburn::iommu
